// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"fmt"

	"example.invalid/starlark-memls/internal/lint"
	"example.invalid/starlark-memls/internal/lint/flow"
)

var transitiveCollection = &lint.Check{
	Documentation: lint.Documentation{
		Code:  "ML101",
		Title: "A list or dict of everything below is copied into every target",
		Text: `A provider's field holds a list, tuple or dict that is filled from the same field
of the target's dependencies: directly, in a loop, in a comprehension, or by way
of helper functions in other files. Each target then holds a copy of what all
targets below it put in.

Not found are fields that hold the dependencies' values as they are (a list of
lists shares them), what is read from private attributes (every target has the
same), and numbers.`,
		Cost: `In a chain of n targets with k entries each, n²·k/2 references instead of n·k: 1,000
targets with 100 files each keep 50 million references, some 200 MiB. A depset
keeps one node a target.`,
		Before: `
def _impl(ctx):
    records = ["%s" % ctx.label]
    for dep in ctx.attr.deps:
        records += dep[AuditInfo].records
    return [AuditInfo(records = records)]
`,
		After: `
def _impl(ctx):
    return [AuditInfo(records = depset(
        ["%s" % ctx.label],
        transitive = [dep[AuditInfo].records for dep in ctx.attr.deps],
    ))]
`,
		Since: "0.1", Severity: lint.Warning,
	},
	Run: func(p *lint.Pass) {
		for _, s := range p.Stores {
			for _, so := range s.Sources() {
				from, ok := closure(p, so)
				if !ok || so.Flat || p.Depset(from) || so.Path.Own() || so.Way != flow.Copied || p.Kind(s.Field)&flow.Struct != 0 || inString(so) {
					continue
				}
				kind := s.Value.Kind()
				if kind&flow.Collection == 0 || kind&flow.Depset != 0 && p.Kind(from)&flow.Collection == 0 {
					continue
				}
				f := lint.Finding{
					Place: s.At, Field: s.Field, Certain: p.Kind(from)&flow.Depset == 0 && s.Kept && !fewKeys(s.Value),
					Message: fmt.Sprintf("%s is a %s that copies %s of every dependency: each target keeps a copy of all that is below it.", s.Field, word(kind), from),
					Advice:  "Make it a depset with transitive = […], and call to_list() only where the values are used.",
				}
				p.Report(f.In(s.Root, s.In, s.Chain).Because(so))
				break
			}
		}
	},
}

// fewKeys reports whether a dict shares what is below, and copies no more than
// its keys: those that the sources name, or those of depsets.
func fewKeys(v flow.Value) bool {
	dicts := v.Of(flow.Dict)
	for _, d := range dicts {
		depsets := d.Elements.Of(flow.Depset)
		if !d.Closed() && len(depsets) == 0 {
			return false
		}
	}
	return len(dicts) > 0
}

// closure reports whether a source is a whole field that holds what all targets
// below put into it, and which.
func closure(p *lint.Pass, so flow.Origin) (flow.Field, bool) {
	f, whole, ok := so.Path.Read()
	return f, ok && whole && !so.Path.Implicit() && p.Transitive(f)
}

// inString reports whether a string lies between a source and the value.
func inString(so flow.Origin) bool {
	for _, o := range so.Through {
		if o.Kind&flow.String != 0 && o.Kind&flow.Collection == 0 {
			return true
		}
	}
	return false
}

// word is what a kind is called.
func word(k flow.TypeSet) string {
	switch {
	case k&flow.Dict != 0:
		return "dict"
	case k&flow.List != 0:
		return "list"
	case k&flow.Tuple != 0:
		return "tuple"
	case k&flow.String != 0:
		return "string"
	case k&flow.Depset != 0:
		return "depset"
	}
	return "value"
}
