// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"fmt"

	"example.invalid/starlark-memls/internal/lint"
	"example.invalid/starlark-memls/internal/lint/flow"
)

var aspectOverAll = &lint.Check{
	Documentation: lint.Documentation{
		Code:  "ML114",
		Title: "An aspect follows every attribute",
		Text: `An aspect with ` + "`attr_aspects = [\"*\"]`" + ` visits everything that can be reached: tools,
toolchains, and implicit dependencies as well.`,
		Cost: `One aspect value for every target and configuration that is reached, with its
providers, whether they are of use or not; a C++ toolchain alone leads to
hundreds.`,
		Before: `
def _impl(target, ctx):
    return []

audit = aspect(implementation = _impl, attr_aspects = ["*"])
`,
		After: `
def _impl(target, ctx):
    return []

audit = aspect(implementation = _impl, attr_aspects = ["deps", "srcs", "data"])
`,
		Since: "0.1", Severity: lint.Information,
	},
	Run: func(p *lint.Pass) {
		for _, c := range p.Calls {
			if c.Name != "aspect" {
				continue
			}
			for _, list := range c.Argument("attr_aspects", 1).Of(flow.List) {
				if star := list.Elements.Text; star != nil && *star == "*" {
					f := lint.Finding{
						Place: c.At, Certain: true,
						Message: `This aspect follows every attribute ("*"): it visits tools and implicit dependencies, too.`,
						Advice:  "Name the attributes that lead to what it collects.",
					}
					f.Callers = implementations(c)
					p.Report(f)
				}
			}
		}
	},
}

// implementations are the functions behind a rule or an aspect.
func implementations(c *flow.Call) []string {
	var out []string
	for _, fn := range c.Argument("implementation", 0).Functions {
		if fn.At.File != "" {
			out = append(out, fn.At.File+"%"+fn.Name)
		}
	}
	return out
}

// splits is how many configurations a transition may make unnoticed.
const splits = 8

var wideTransition = &lint.Check{
	Documentation: lint.Documentation{
		Code:  "ML125",
		Title: "A transition splits into many configurations",
		Text: `A transition's function returns settings for eight configurations or more, as far as
constants tell how many.`,
		Cost: `Everything below the attribute is analyzed once for each configuration, and keeps its
providers and actions as often.`,
		Before: `
def _split_impl(settings, attr):
    return {str(i): {"//:flavour": "f%d" % i} for i in range(30)}

split = transition(implementation = _split_impl, inputs = [], outputs = ["//:flavour"])
`,
		After: `
def _split_impl(settings, attr):
    return {flavour: {"//:flavour": flavour} for flavour in attr.flavours}  # those that are used

split = transition(implementation = _split_impl, inputs = [], outputs = ["//:flavour"])
`,
		Since: "0.1", Severity: lint.Warning,
	},
	Run: func(p *lint.Pass) {
		for _, t := range p.Transitions() {
			for _, o := range t.Result.Of(flow.Dict | flow.List) {
				if o.Count < splits || !nested(o) {
					continue
				}
				f := lint.Finding{
					Place: o.At, Certain: true,
					Message: fmt.Sprintf("This transition splits into %d configurations: all that is below is analyzed once for each.", o.Count),
					Advice:  "Split only into the configurations that are used.",
				}
				p.Report(f.In(t.Root, o.In, nil))
			}
		}
	},
}

// nested reports whether a collection holds dicts, as a split's settings are.
func nested(o *flow.MadeObject) bool { return len(o.Elements.Of(flow.Dict)) > 0 }
