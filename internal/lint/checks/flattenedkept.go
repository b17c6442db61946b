// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"fmt"

	"example.invalid/starlark-memls/internal/lint"
	"example.invalid/starlark-memls/internal/lint/flow"
)

var flattenedKept = &lint.Check{
	Documentation: lint.Documentation{
		Code:  "ML103",
		Title: "The flattened closure is kept in every target",
		Text: `A depset that holds the transitive closure is flattened by ` + "`to_list()`" + `, and the
list, or what is made of its elements, is kept: in a provider, or in runfiles
made from it.`,
		Cost: `What the depset shares is copied into every target: n²/2 references in a chain of n,
and the strings made of them besides. Flattening is linear in the closure, so
the time is quadratic as well.`,
		Before: `
def _impl(ctx):
    names = depset([ctx.label.name], transitive = [d[NamesInfo].names for d in ctx.attr.deps])
    return [NamesInfo(names = names, flags = ["-I" + n for n in names.to_list()])]
`,
		After: `
def _flag(name):
    return "-I" + name

def _impl(ctx):
    names = depset([ctx.label.name], transitive = [d[NamesInfo].names for d in ctx.attr.deps])
    return [NamesInfo(names = names)]  # where they are used: args.add_all(names, map_each = _flag)
`,
		Since: "0.1", Severity: lint.Warning,
	},
	Run: func(p *lint.Pass) {
		for _, s := range p.Stores {
			if s.Value.Kind()&flow.Depset != 0 && s.Value.Kind()&flow.Collection == 0 && len(s.Value.Of(flow.Depset)) > 0 && !again(s.Value) {
				continue
			}
			for _, so := range s.Sources() {
				from, ok := closure(p, so)
				whole := ok
				if !ok {
					from, ok = ofDependency(p, so)
				}
				if !ok || !so.Flat || so.Way != flow.Copied || s.Value.Kind()&(flow.Collection|flow.String|flow.Runfiles|flow.Depset) == 0 {
					continue
				}
				certain := s.Kept && s.Value.Kind()&(flow.List|flow.Dict|flow.Runfiles) != 0 && !inString(so) && (whole || !declared(s.Value))
				f := lint.Finding{
					Place: s.At, Field: s.Field, Certain: certain,
					Message: fmt.Sprintf("%s keeps what to_list() takes out of %s: each target holds a copy of its whole closure.", s.Field, from),
					Advice:  "Keep the depset, and flatten or transform it where it is used: args.add_all(depset, map_each = …).",
				}
				if !whole {
					f.Message = fmt.Sprintf("%s keeps what to_list() takes out of %s: every target that depends on one holds a copy.", s.Field, from)
				}
				p.Report(f.In(s.Root, s.In, s.Chain).Because(so))
				break
			}
		}
	},
}

// declared reports whether the elements are files that the target itself makes.
func declared(v flow.Value) bool {
	for _, o := range v.Objects {
		for _, path := range o.Elements.Paths {
			if path.Has("declare_file()") || path.Has("declare_directory()") {
				return true
			}
		}
		for _, part := range o.Parts {
			if part.Way == flow.Copied && len(part.Value.Objects) > 0 && part.Value.Kind()&flow.List != 0 && declared(part.Value) {
				return true
			}
		}
	}
	return false
}

// ofDependency is a depset that a dependency provides, by a provider of these
// sources.
func ofDependency(p *lint.Pass, so flow.Origin) (flow.Field, bool) {
	f, whole, ok := so.Path.Read()
	return f, ok && whole && !so.Path.Implicit() && f.Own() && p.Kind(f) == flow.Depset
}

// again reports whether a depset was made of what came out of another.
func again(v flow.Value) bool {
	for _, d := range v.Of(flow.Depset) {
		for _, part := range d.Parts {
			if part.Way == flow.Copied && part.Value.Kind()&flow.List != 0 {
				for _, so := range part.Value.Sources() {
					if so.Flat {
						return true
					}
				}
			}
		}
	}
	return false
}

var flattened = &lint.Check{
	Documentation: lint.Documentation{
		Code:  "ML104",
		Title: "Every target flattens its closure",
		Text: `A rule's or an aspect's implementation calls ` + "`to_list()`" + ` on a depset that holds the
transitive closure, in every target and not only in those at the top. What it
makes of it is garbage; shown only where a measurement says that it costs.`,
		Cost: `Time and garbage quadratic in the depth of the graph: the heap must be large enough
for it, and the collector runs more often.`,
		Before: `
def _impl(ctx):
    headers = depset(transitive = [d[CInfo].headers for d in ctx.attr.deps])
    dirs = {h.dirname: True for h in headers.to_list()}
    args = ctx.actions.args()
    args.add_all(dirs.keys(), before_each = "-I")
    return [CInfo(headers = headers)]
`,
		After: `
def _dirname(file):
    return file.dirname

def _impl(ctx):
    headers = depset(transitive = [d[CInfo].headers for d in ctx.attr.deps])
    args = ctx.actions.args()
    args.add_all(headers, before_each = "-I", map_each = _dirname, uniquify = True)
    return [CInfo(headers = headers)]
`,
		Since: "0.1", Severity: lint.Information,
	},
	Run: func(p *lint.Pass) {
		for _, c := range p.Calls {
			if c.Name != ".to_list" || !c.Root.PerTarget() {
				continue
			}
			for _, so := range c.Receiver.Sources() {
				from, ok := closure(p, so)
				if !ok {
					continue
				}
				f := lint.Finding{
					Place:   c.At,
					Message: fmt.Sprintf("to_list() of %s, which holds the whole closure, in every target.", from),
					Advice:  "Leave it to the action: args.add_all(depset, map_each = …) expands it when the action runs.",
				}
				p.Report(f.In(c.Root, c.In, c.Chain).Because(so))
				break
			}
		}
	},
}
