// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"strings"

	"example.invalid/starlark-memls/internal/lint"
	"example.invalid/starlark-memls/internal/lint/flow"
)

var computedDefault = &lint.Check{
	Documentation: lint.Documentation{
		Code:  "ML120",
		Title: "A computed default builds a collection",
		Text: `The function that computes an attribute's default builds a list, dict or string in a
loop whose length an attribute decides, or a constant of a thousand turns.`,
		Cost: `Bazel calls it for every target of the rule, and once for every combination of the
values that its parameters can select: what it builds multiplies.`,
		Before: `
def _default(size):
    table = []
    for i in range(size):
        table.append("//:in%d" % i)
    return Label(table[0])

r = rule(implementation = lambda ctx: [], attrs = {"size": attr.int(), "_in": attr.label(default = _default)})
`,
		After: `
def _default(size):
    return Label("//:in0")

r = rule(implementation = lambda ctx: [], attrs = {"size": attr.int(), "_in": attr.label(default = _default)})
`,
		Since: "0.1", Severity: lint.Information,
	},
	Run: func(p *lint.Pass) {
		for _, m := range p.Made() {
			if m.Root.Kind != "computed_default" || m.Object.Kind&(flow.List|flow.Dict|flow.String) == 0 || m.Object.In != m.Root.Function {
				continue
			}
			grows := m.Object.Count >= many
			for _, part := range m.Object.Parts {
				if part.Way == flow.Copied && part.Value.Kind()&flow.Sequence != 0 {
					grows = true
				}
			}
			if !grows {
				continue
			}
			f := lint.Finding{
				Place: m.Object.At, Certain: true,
				Message: "A computed default builds this for every target, and for every combination of the attributes it is computed from.",
				Advice:  "Compute the default without building the whole, or make it in the implementation.",
			}
			p.Report(f.In(m.Root, m.Object.In, nil))
		}
	},
}

var outputCollected = &lint.Check{
	Documentation: lint.Documentation{
		Code:  "ML124",
		Title: "The outputs of many commands are collected in memory",
		Text:  `A repository rule keeps the standard output of ` + "`execute`" + `, or the text of ` + "`read`" + `, of every turn of a loop.`,
		Cost: `All texts are on the heap until the rule is done, on top of what is fetched at the
same time.`,
		Before: `
def _impl(rctx):
    kept = []
    for name in rctx.attr.names:
        kept.append(rctx.execute(["list", name]).stdout)
    rctx.file("sizes", "\n".join([str(len(k)) for k in kept]))
`,
		After: `
def _impl(rctx):
    sizes = []
    for name in rctx.attr.names:
        sizes.append(str(len(rctx.execute(["list", name]).stdout)))
    rctx.file("sizes", "\n".join(sizes))
`,
		Since: "0.1", Severity: lint.Information,
	},
	Run: func(p *lint.Pass) {
		for _, m := range p.Made() {
			if m.Root.Kind != "repository_rule" && m.Root.Kind != "module_extension" || m.Object.Kind&(flow.List|flow.Dict) == 0 {
				continue
			}
			for _, path := range m.Object.Elements.Paths {
				name := path.String()
				if !strings.HasSuffix(name, ".execute().stdout") && !strings.HasSuffix(name, ".read()") {
					continue
				}
				long := false
				for _, part := range m.Object.Parts {
					long = long || part.Value.Count() >= 100
				}
				f := lint.Finding{
					Place: m.Object.At, Certain: long,
					Message: "What every command prints is collected in memory.",
					Advice:  "Take what is needed out of each output before the next command runs.",
					Related: []lint.Related{{Place: path.At, Message: "the output"}},
				}
				p.Report(f.In(m.Root, m.Object.In, nil))
				break
			}
		}
	},
}
