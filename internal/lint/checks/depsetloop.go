// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"fmt"

	"example.invalid/starlark-memls/internal/lint"
	"example.invalid/starlark-memls/internal/lint/flow"
)

var depsetInLoop = &lint.Check{
	Documentation: lint.Documentation{
		Code:  "ML105",
		Title: "A depset is nested in itself by a loop",
		Text: `A loop makes a depset from the one of the turn before: ` + "`all = depset(transitive = [all, …])`" + `.
The result is as deep as the loop has turns.`,
		Cost: `One depset for every turn, all kept by the last, instead of one with many children;
flattening walks the chain, and a deep one ends with "depset depth exceeds limit".`,
		Before: `
def _impl(ctx):
    all = depset()
    for dep in ctx.attr.deps:
        all = depset(transitive = [all, dep[DefaultInfo].files])
    return [DefaultInfo(files = all)]
`,
		After: `
def _impl(ctx):
    return [DefaultInfo(files = depset(transitive = [dep[DefaultInfo].files for dep in ctx.attr.deps]))]
`,
		Since: "0.1", Severity: lint.Warning,
	},
	Run: func(p *lint.Pass) {
		for _, c := range p.Calls {
			if c.Name != "depset" || !statementLoop(c.Loops) || !itself(c.Result) || !p.Again(c.At.File, c.Expr) {
				continue
			}
			loop := c.Loops[len(c.Loops)-1]
			f := lint.Finding{
				Place: c.At, Certain: true, Node: c.Expr,
				Message: "This depset holds the one of the loop's turn before: it gets as deep as the loop has turns.",
				Advice:  "Collect the depsets in a list, and make one depset after the loop: depset(transitive = list).",
				Related: []lint.Related{{Place: loop.At, Message: "in this loop"}},
			}
			p.Report(f.In(c.Root, c.In, c.Chain))
		}
	},
}

// statementLoop reports whether the innermost loop is a statement.
func statementLoop(loops []*flow.Loop) bool {
	return len(loops) > 0 && !loops[len(loops)-1].Comprehension
}

// itself reports whether an object was made from itself.
func itself(v flow.Value) bool {
	for _, o := range v.Objects {
		seen := map[*flow.MadeObject]bool{}
		var leads func(v flow.Value, deep int) bool
		leads = func(v flow.Value, deep int) bool {
			for _, inner := range v.Objects {
				if inner == o {
					return true
				}
				if seen[inner] || deep > 4 || inner.Kind&(flow.Depset|flow.List|flow.Runfiles|flow.String) == 0 {
					continue
				}
				seen[inner] = true
				for _, part := range inner.Parts {
					if leads(part.Value, deep+1) {
						return true
					}
				}
				if inner.Kind&flow.List != 0 && leads(inner.Elements, deep+1) {
					return true
				}
			}
			return false
		}
		for _, part := range o.Parts {
			if leads(part.Value, 0) {
				return true
			}
		}
	}
	return false
}

var depsetsKept = &lint.Check{
	Documentation: lint.Documentation{
		Code:  "ML106",
		Title: "A depset for every element is made and kept",
		Text: `A loop or a comprehension makes a depset in each turn, and all of them are kept in a
list or dict of a provider.`,
		Cost: `A depset takes some 100 bytes besides its elements, and shares nothing while it holds
one element; a list of them is never one depset.`,
		Before: `
def _impl(ctx):
    sets = [depset([f]) for f in ctx.files.srcs]
    return [SetsInfo(sets = sets)]
`,
		After: `
def _impl(ctx):
    return [SetsInfo(files = depset(ctx.files.srcs))]
`,
		Since: "0.1", Severity: lint.Information,
	},
	Run: func(p *lint.Pass) {
		for _, s := range p.Stores {
			for _, o := range s.Value.Of(flow.Collection) {
				for _, d := range o.Elements.Of(flow.Depset) {
					if len(d.Loops) <= len(o.Loops) || d.Call == nil || len(d.Parts) == 0 {
						continue
					}
					loop := d.Loops[len(d.Loops)-1]
					f := lint.Finding{
						Place: d.At, Field: s.Field, Certain: loop.Count >= many && s.Kept,
						Message: fmt.Sprintf("A depset is made for every turn of the loop, and %s keeps them all.", s.Field),
						Advice:  "Make one depset of all elements.",
						Related: []lint.Related{{Place: loop.At, Message: turns(loop)}, {Place: s.At, Message: "they are kept here"}},
					}
					p.Report(f.In(s.Root, d.In, nil))
				}
			}
		}
	},
}

// many is how many elements of one target are many.
const many = 1000

// turns tells of a loop, with its length where that is known.
func turns(l *flow.Loop) string {
	if l.Count > 1 {
		return fmt.Sprintf("in this loop of %d turns", l.Count)
	}
	return "in this loop"
}
