// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"fmt"

	"example.invalid/starlark-memls/internal/lint"
	"example.invalid/starlark-memls/internal/lint/flow"
)

var mapEachCaptures = &lint.Check{
	Documentation: lint.Documentation{
		Code:  "ML116",
		Title: "A map_each function keeps what it closes over",
		Text: `A function given as ` + "`map_each`" + ` (with ` + "`allow_closure = True`" + `) uses a variable of the function
around it that holds ` + "`ctx`" + `, or a list, dict or string built from a closure.`,
		Cost: `The action keeps the function as long as the server lives, and the function all
variables it uses: the context with all its targets, or a copy of the closure, for
every action.`,
		Before: `
def _impl(ctx):
    args = ctx.actions.args()
    args.add_all(ctx.files.srcs, map_each = lambda f: ctx.attr.prefix + f.path, allow_closure = True)
    return []
`,
		After: `
def _path(file):
    return file.path

def _impl(ctx):
    args = ctx.actions.args()
    args.add_all(ctx.files.srcs, map_each = _path, format_each = ctx.attr.prefix + "%s")
    return []
`,
		Since: "0.1", Severity: lint.Warning,
	},
	Run: func(p *lint.Pass) {
		for _, c := range p.Calls {
			for _, fn := range c.Named["map_each"].Functions {
				for _, v := range p.Captured(fn) {
					f := lint.Finding{
						Place: c.At, Certain: true,
						Advice:  "Give map_each a function of the file, and what it needs by format_each, or as elements of what is added.",
						Related: []lint.Related{{Place: fn.At, Message: "the function"}},
					}
					if held := bigCapture(p, v.Value, c.Root); held != "" {
						f.Message = fmt.Sprintf("The function given as map_each keeps %s, which is %s, as long as the action is there.", v.Name, held)
						p.Report(f.In(c.Root, c.In, c.Chain))
					}
				}
			}
		}
	},
}

// bigCapture tells what a captured variable holds that is big, or "".
func bigCapture(p *lint.Pass, v flow.Value, root *flow.Root) string {
	for _, path := range v.Paths {
		if isContext(path, root) {
			return "the target's whole context"
		}
	}
	for _, so := range v.Sources() {
		if from, ok := closure(p, so); ok && so.Way == flow.Copied {
			return fmt.Sprintf("a copy of %s", from)
		}
	}
	if v.Bytes() >= keptBytes {
		return fmt.Sprintf("a value of some %d KiB", v.Bytes()>>10)
	}
	return ""
}
