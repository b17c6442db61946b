// SPDX-License-Identifier: Apache-2.0

package lint

import (
	"fmt"
	"strings"

	"go.starlark.net/syntax"

	"example.invalid/starlark-memls/internal/lint/flow"
)

// A Severity is how loudly a finding is told; the numbers are those of the
// language server protocol.
type Severity int

// The severities.
const (
	Warning     Severity = 2
	Information Severity = 3
	Hint        Severity = 4
)

func (s Severity) String() string {
	return map[Severity]string{Warning: "warning", Information: "information", Hint: "hint"}[s]
}

// Documentation is everything that is said about a check, in staticcheck's
// mould.
type Documentation struct {
	Code   string // "ML101"; never reused, never renumbered
	Title  string // one line, no full stop
	Text   string // Markdown: what is found, and when it is not
	Cost   string // what it costs, and why
	Before string // Starlark that has the finding
	After  string // the same without it
	Since  string // the version that had it first
	// Severity with evidence that it costs; without any, a finding is a hint.
	Severity Severity
}

// A Check looks for one kind of thing.
type Check struct {
	Documentation
	Run func(*Pass)
}

// A Finding is one place where a check found what it looks for.
type Finding struct {
	Code    string
	Place   flow.SourceRange
	Message string
	// Function is the innermost function around it; Name and File as the
	// heap's owners call it.
	Function string
	// Callers are the functions from the one that Bazel calls down to it, as
	// "file%name": the memory may be told as theirs.
	Callers []string
	// Field is the provider's field that keeps it, the zero Field where none
	// does.
	Field   flow.Field
	Related []Related
	// Certain: it grows or repeats whatever the build.
	Certain bool
	// Advice is what to write instead.
	Advice string
	// Node is the expression that it is about, where a fix can begin there.
	Node syntax.Node
	// Fix rewrites it, nil where that is left to the reader.
	Fix *Fix
	// Bill is what was measured, nil where nothing was.
	Bill *Bill
	// Severity is decided by Weigh.
	Severity Severity
}

// Related is another place that belongs to a finding.
type Related struct {
	Place   flow.SourceRange
	Message string
}

// A Pass is one run of the checks over a program.
type Pass struct {
	*flow.Program
	findings []*Finding
	seen     map[string]*Finding
	check    *Check
}

// Report adds a finding, unless the check reported that place before.
func (p *Pass) Report(f Finding) {
	if _, own := p.Files[f.Place.File]; !own {
		return
	}
	f.Code = p.check.Code
	id := fmt.Sprintf("%s %s:%d:%d", f.Code, f.Place.File, f.Place.Line, f.Place.Column)
	if old := p.seen[id]; old != nil {
		if f.Certain && !old.Certain {
			*old = f
		}
		return
	}
	p.seen[id] = &f
	p.findings = append(p.findings, &f)
}

// In fills in where a finding is: the function, who called it and from where.
func (f Finding) In(root *flow.Root, in *flow.Function, chain []flow.SourceRange) Finding {
	if in != nil {
		f.Function = in.Name
		f.Callers = append(f.Callers, in.At.File+"%"+in.Name)
	}
	if root != nil && root.Function != in {
		f.Callers = append(f.Callers, root.Function.At.File+"%"+root.Function.Name)
	}
	for i := len(chain) - 1; i >= 0 && i >= len(chain)-3; i-- {
		f.Related = append(f.Related, Related{chain[i], "called from here"})
	}
	if root != nil && root.Kind != "function" && root.Kind != "toplevel" {
		what := strings.ReplaceAll(root.Kind, "_", " ")
		f.Related = append(f.Related, Related{root.At, fmt.Sprintf("for every target of this %s", what)})
		if root.Kind != "rule" && root.Kind != "aspect" {
			f.Related[len(f.Related)-1].Message = "by this " + what
		}
	}
	return f
}

// Because tells where a value comes from.
func (f Finding) Because(so flow.Origin) Finding {
	f.Related = append(f.Related, Related{so.Path.At, fmt.Sprintf("%s is read here", so.Path)})
	for i, at := range so.Trail {
		if i < 3 && at != so.Path.At && at != f.Place {
			f.Related = append(f.Related, Related{at, "and goes through here"})
		}
	}
	return f
}
