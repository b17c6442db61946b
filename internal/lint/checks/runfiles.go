// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"example.invalid/starlark-memls/internal/lint"
)

var runfilesInLoop = &lint.Check{
	Documentation: lint.Documentation{
		Code:  "ML110",
		Title: "Runfiles are merged in a loop",
		Text:  "`runfiles = runfiles.merge(…)`" + ` in a loop over dependencies.`,
		Cost: `Every merge makes a runfiles object with depsets of its own, nested in those of the
turn before: as many as there are dependencies, in every target.`,
		Before: `
def _impl(ctx):
    runfiles = ctx.runfiles(files = ctx.files.data)
    for dep in ctx.attr.deps:
        runfiles = runfiles.merge(dep[DefaultInfo].default_runfiles)
    return [DefaultInfo(runfiles = runfiles)]
`,
		After: `
def _impl(ctx):
    runfiles = ctx.runfiles(files = ctx.files.data)
    return [DefaultInfo(runfiles = runfiles.merge_all([dep[DefaultInfo].default_runfiles for dep in ctx.attr.deps]))]
`,
		Since: "0.1", Severity: lint.Information,
	},
	Run: func(p *lint.Pass) {
		for _, c := range p.Calls {
			if c.Name != ".merge" || !statementLoop(c.Loops) || !itself(c.Result) || !p.Again(c.At.File, c.Expr) {
				continue
			}
			loop := c.Loops[len(c.Loops)-1]
			f := lint.Finding{
				Place: c.At, Certain: true, Node: c.Expr,
				Message: "Runfiles are merged in every turn of a loop: each merge nests what the turn before made.",
				Advice:  "Collect the runfiles in a list, and merge them once: runfiles.merge_all(list) (Bazel 5 and later).",
				Related: []lint.Related{{Place: loop.At, Message: "in this loop"}},
			}
			p.Report(f.In(c.Root, c.In, c.Chain))
		}
	},
}
