// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"fmt"

	"example.invalid/starlark-memls/internal/lint"
	"example.invalid/starlark-memls/internal/lint/flow"
)

var transitiveString = &lint.Check{
	Documentation: lint.Documentation{
		Code:  "ML102",
		Title: "A string of everything below is built in every target",
		Text: `A provider's field holds a string that contains the same field's strings of several
dependencies: joined, added up in a loop, or encoded. Each target then holds the
text of all targets below it, once for every way that leads there.`,
		Cost: `A string shares nothing: a chain of n targets with k characters each keeps n²·k/2
characters, and where targets are reached by several ways the length doubles at
every level. A depset of the parts keeps each part once.`,
		Before: `
def _impl(target, ctx):
    below = [dep[TextInfo].text for dep in ctx.rule.attr.deps]
    return [TextInfo(text = str(target.label) + "\n" + "\n".join(below))]
`,
		After: `
def _impl(target, ctx):
    return [TextInfo(lines = depset(
        [str(target.label)],
        transitive = [dep[TextInfo].lines for dep in ctx.rule.attr.deps],
        order = "postorder",
    ))]
`,
		Since: "0.1", Severity: lint.Warning,
	},
	Run: func(p *lint.Pass) {
		for _, s := range p.Stores {
			if s.Value.Kind()&flow.String == 0 || s.Value.Kind()&flow.Collection != 0 {
				continue
			}
			for _, so := range s.Sources() {
				from, ok := closure(p, so)
				if !ok || so.Way != flow.Copied || !several(so.Path) || !accumulated(so) || p.Kind(from)&(flow.String|flow.Collection|flow.Depset) == 0 || p.Kind(from)&flow.Number != 0 {
					continue
				}
				f := lint.Finding{
					Place: s.At, Field: s.Field, Certain: s.Kept,
					Message: fmt.Sprintf("%s is a string made of %s of every dependency: each target keeps the text of all that is below it.", s.Field, from),
					Advice:  "Keep the parts in a depset, and join them where they are written: ctx.actions.args().add_joined(parts, join_with = …).",
				}
				p.Report(f.In(s.Root, s.In, s.Chain).Because(so))
				break
			}
		}
	},
}

// accumulated reports whether several values went into one string: by a list
// that was joined, or by a loop.
func accumulated(so flow.Origin) bool {
	for _, o := range so.Through {
		if o.Kind&flow.Collection != 0 || o.Growing() {
			return true
		}
	}
	return false
}

// several reports whether a path is read from each of several dependencies.
func several(path *flow.Path) bool {
	for q := path; q != nil; q = q.From {
		if q.Step.Provider != "" {
			return q.From != nil && q.From.Step == (flow.Step{})
		}
	}
	return false
}
