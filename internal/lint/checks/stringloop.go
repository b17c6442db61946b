// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"fmt"
	"slices"

	"example.invalid/starlark-memls/internal/lint"
	"example.invalid/starlark-memls/internal/lint/flow"
)

// grown reports whether a collection was filled from another.
func grown(o *flow.MadeObject) bool {
	return slices.ContainsFunc(o.Parts, func(p flow.Part) bool { return p.Way == flow.Copied })
}

var stringInLoop = &lint.Check{
	Documentation: lint.Documentation{
		Code:  "ML107",
		Title: "A string grows by a piece in every turn of a loop",
		Text: `` + "`text += piece`" + ` in a loop over a target's closure, its files or its dependencies. (On
a list ` + "`+=`" + ` adds in place, and is not found.)`,
		Cost: `Strings cannot be changed, so every turn copies all that is there: n pieces of k
characters write n²·k/2 characters, all but the last of them garbage.`,
		Before: `
def _impl(ctx):
    text = ""
    for f in ctx.files.srcs:
        text += f.path + "\n"
    return [TextInfo(text = text)]
`,
		After: `
def _impl(ctx):
    return [TextInfo(text = "\n".join([f.path for f in ctx.files.srcs]))]
`,
		Since: "0.1", Severity: lint.Information,
	},
	Run: func(p *lint.Pass) {
		p.Growing(func(g flow.StringGrowth) {
			over := ""
			for _, so := range g.Loop.Over.Sources() {
				if len(so.Through) > 0 && !grown(so.Through[0]) || so.Path.Text() {
					continue // the elements of what is written out, or a string's
				}
				if from, ok := closure(p, so); ok {
					over = from.String()
					break
				}
				if so.Path.Has("files") && over == "" {
					over = so.Path.String()
				}
			}
			certain := over != "" || g.Loop.Count >= many
			what := "a loop"
			if over != "" {
				what = "a loop over " + over
			}
			f := lint.Finding{
				Place: g.At, Certain: certain && g.Root.PerTarget(), Node: g.Node,
				Message: fmt.Sprintf("This string grows in every turn of %s: each turn copies all of it.", what),
				Advice:  "Collect the pieces in a list and join them once; for a file's content or a command line use ctx.actions.args().",
				Related: []lint.Related{{Place: g.Loop.At, Message: turns(g.Loop)}},
			}
			p.Report(f.In(g.Root, g.In, g.Chain))
		})
	},
}
