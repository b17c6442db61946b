// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"fmt"

	"example.invalid/starlark-memls/internal/lint"
	"example.invalid/starlark-memls/internal/lint/flow"
)

// fewSame is the number of elements below which equal values are not worth a
// constant.
const fewSame = 16

var sameInEveryTarget = &lint.Check{
	Documentation: lint.Documentation{
		Code:  "ML111",
		Title: "The same value is made again in every target",
		Text: `A rule's or an aspect's implementation makes a list or dict of constants alone, of
sixteen elements or more, and a provider keeps it: every target has one, all
equal.`,
		Cost: `The elements are counted once for each target, where a constant of the file is there
once for all.`,
		Before: `
def _impl(ctx):
    return [FlagsInfo(defines = ["-DN%d" % i for i in range(40)])]
`,
		After: `
_DEFINES = ["-DN%d" % i for i in range(40)]

def _impl(ctx):
    return [FlagsInfo(defines = _DEFINES)]
`,
		Since: "0.1", Severity: lint.Warning,
	},
	Run: func(p *lint.Pass) {
		for _, s := range p.Stores {
			if !s.Root.PerTarget() {
				continue
			}
			for _, o := range s.Value.Of(flow.List | flow.Dict | flow.Depset) {
				if o.Module || !o.Constant || o.Count < fewSame || len(o.Loops) > 0 {
					continue
				}
				f := lint.Finding{
					Place: o.At, Field: s.Field, Certain: s.Kept,
					Message: fmt.Sprintf("This %s of %d elements is the same in every target, and %s keeps one for each.", word(o.Kind), o.Count, s.Field),
					Advice:  "Make it once, as a constant of the file.",
					Related: []lint.Related{{Place: s.At, Message: "it is kept here"}},
					Node:    o.Literal,
				}
				p.Report(f.In(s.Root, o.In, s.Chain))
			}
		}
	},
}

var emptyDepsets = &lint.Check{
	Documentation: lint.Documentation{
		Code:  "ML121",
		Title: "Empty depsets are made for every struct",
		Text: `A struct or a provider's instance gets three or more empty depsets, each made anew.
Shown only where a measurement says that it costs.`,
		Cost: `An empty depset takes some 24 bytes in each of its fields, for every instance; a
constant takes them once.`,
		Before: `
def _impl(ctx):
    return [CInfo(headers = depset(), defines = depset(), flags = depset(), libs = depset(ctx.files.libs))]
`,
		After: `
_NONE = depset()

def _impl(ctx):
    return [CInfo(headers = _NONE, defines = _NONE, flags = _NONE, libs = depset(ctx.files.libs))]
`,
		Since: "0.1", Severity: lint.Information,
	},
	Run: func(p *lint.Pass) {
		for _, c := range p.Calls {
			if !c.Root.PerTarget() {
				continue
			}
			empty := 0
			for _, v := range c.Named {
				for _, d := range v.Of(flow.Depset) {
					if !d.Module && len(d.Parts) == 0 && d.Call != nil && len(d.Call.Args) == 0 && len(v.Objects) == 1 {
						empty++
					}
				}
			}
			if len(c.Result.Of(flow.Struct|flow.Instance)) == 0 || empty < 3 {
				continue
			}
			f := lint.Finding{
				Place:   c.At,
				Message: fmt.Sprintf("%d empty depsets are made for every instance.", empty),
				Advice:  "Use one empty depset, a constant of the file.",
			}
			p.Report(f.In(c.Root, c.In, c.Chain))
		}
	},
}
