// SPDX-License-Identifier: Apache-2.0

package lint

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"example.invalid/starlark-memls/internal/lint/flow"
	"example.invalid/starlark-memls/internal/lint/suppress"
	"example.invalid/starlark-memls/starlark"
)

// Run follows the values of a workspace and runs checks over them.
func Run(ctx context.Context, ws *starlark.Workspace, checks []*Check) ([]*Finding, error) {
	program, err := flow.Follow(ctx, ws)
	if err != nil {
		return nil, fmt.Errorf("following values: %w", err)
	}
	return Examine(program, checks), nil
}

// Examine runs checks over a workspace whose values were followed, and returns
// all they find, certain or not, by place; what comments in the sources silence
// is left out.
func Examine(program *flow.Program, checks []*Check) []*Finding {
	p := &Pass{Program: program, seen: map[string]*Finding{}}
	for _, c := range checks {
		p.check = c
		c.Run(p)
	}
	p.findings = once(p.findings)
	silenced := map[string]*suppress.Comments{}
	p.findings = slices.DeleteFunc(p.findings, func(f *Finding) bool {
		comments, ok := silenced[f.Place.File]
		if !ok {
			comments = suppress.In(string(program.Files[f.Place.File].Text))
			silenced[f.Place.File] = comments
		}
		f.Severity = Hint
		return comments.Silence(f.Code, f.Place.Line-1) || slices.ContainsFunc(f.defs(program), func(line int) bool { return comments.Line(f.Code, line-1) })
	})
	slices.SortStableFunc(p.findings, func(a, b *Finding) int {
		return cmp.Or(strings.Compare(a.Place.File, b.Place.File), cmp.Compare(a.Place.Line, b.Place.Line),
			cmp.Compare(a.Place.Column, b.Place.Column), strings.Compare(a.Code, b.Code))
	})
	return p.findings
}

// once leaves out what two checks say of one place in two ways: that the closure
// is flattened there, where it is said to be copied.
func once(all []*Finding) []*Finding {
	copied := map[flow.SourceRange]bool{}
	for _, f := range all {
		copied[f.Place] = copied[f.Place] || f.Code == "ML101" && f.Certain
	}
	return slices.DeleteFunc(all, func(f *Finding) bool { return f.Code == "ML103" && copied[f.Place] })
}

// defs are the lines of the functions around a finding.
func (f *Finding) defs(program *flow.Program) []int {
	var lines []int
	for d := program.Workspace.At(f.Place.File, f.Place.Line); d != nil; d = d.Enclosing {
		if d.Kind != starlark.Toplevel {
			lines = append(lines, d.Range.Start.Line)
		}
	}
	return lines
}
