// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"fmt"

	"example.invalid/starlark-memls/internal/lint"
	"example.invalid/starlark-memls/internal/lint/flow"
)

var filesCopied = &lint.Check{
	Documentation: lint.Documentation{
		Code:  "ML109",
		Title: "Copies of ctx.files are kept",
		Text: `A provider keeps ` + "`ctx.files.x`" + ` (or a list made of it). Certain where a loop makes a copy
in every turn; else shown only where a measurement says that it costs: a target
with few inputs may keep them.`,
		Cost: `ctx.files makes a list of all files of the attribute; the target's own depsets hold
them as well, shared with whoever takes them.`,
		Before: `
def _impl(ctx):
    groups = []
    for kind in ctx.attr.kinds:
        groups.append(ctx.files.srcs + [kind])
    return [GroupsInfo(groups = groups)]
`,
		After: `
def _impl(ctx):
    srcs = depset(ctx.files.srcs)
    return [GroupsInfo(groups = [struct(kind = kind, srcs = srcs) for kind in ctx.attr.kinds])]
`,
		Since: "0.1", Severity: lint.Information,
	},
	Run: func(p *lint.Pass) {
		for _, s := range p.Stores {
			for _, so := range s.Sources() {
				if so.Flat || !wholeFiles(so.Path) || s.Value.Kind()&flow.Depset != 0 || so.Path.Implicit() || inString(so) || shared(so) {
					continue
				}
				loop := copiedIn(so)
				f := lint.Finding{
					Place: s.At, Field: s.Field, Certain: loop != nil && s.Kept,
					Message: fmt.Sprintf("%s keeps a copy of %s.", s.Field, so.Path),
					Advice:  "Keep a depset: depset(ctx.files.x), or the dependencies' own depset as it is.",
				}
				if loop != nil {
					f.Message = fmt.Sprintf("%s keeps a copy of %s for every turn of a loop.", s.Field, so.Path)
					f.Related = append(f.Related, lint.Related{Place: loop.At, Message: turns(loop)})
				}
				p.Report(f.In(s.Root, s.In, s.Chain).Because(so))
				break
			}
		}
	},
}

// shared reports whether a depset or runfiles lie between a source and the
// value.
func shared(so flow.Origin) bool {
	for _, o := range so.Through {
		if o.Kind&(flow.Depset|flow.Runfiles) != 0 {
			return true
		}
	}
	return false
}

// wholeFiles reports whether a path is ctx.files.x.
func wholeFiles(path *flow.Path) bool {
	return path.From != nil && path.From.From != nil && path.From.From.From == nil &&
		path.From.Step.Name == "files" && path.Step.Name != "" && path.Root() == "ctx"
}

// copiedIn is the loop in every turn of which a copy of a source is made that
// an outer collection holds.
func copiedIn(so flow.Origin) *flow.Loop {
	for i, o := range so.Through {
		if i == 0 || o.Kind&flow.Collection == 0 || so.Through[0].Kind&flow.Collection == 0 {
			continue
		}
		copies := false
		for _, part := range o.Parts {
			copies = copies || part.Way == flow.Copied && len(part.Value.Paths) > 0
		}
		if n := len(so.Through[0].Loops); copies && len(o.Loops) > n && holds(so.Through[0], o) {
			return o.Loops[n]
		}
	}
	return nil
}

// holds reports whether one object is an element of another.
func holds(outer, inner *flow.MadeObject) bool {
	for _, o := range outer.Elements.Objects {
		if o == inner {
			return true
		}
	}
	return false
}

var contextKept = &lint.Check{
	Documentation: lint.Documentation{
		Code:  "ML112",
		Title: "A target's whole context is kept",
		Text:  `A provider or a struct in it holds ` + "`ctx`, `ctx.attr`, `ctx.files`" + ` or ` + "`ctx.rule`" + ` itself.`,
		Cost: `The context holds the rule, all attributes with the targets and their providers, and
everything that was computed for them: it stays with the provider, where else it
is freed when the target is analyzed.`,
		Before: `
def _impl(ctx):
    return [ToolInfo(ctx = ctx, name = ctx.label.name)]
`,
		After: `
def _impl(ctx):
    return [ToolInfo(flags = ctx.attr.flags, name = ctx.label.name)]
`,
		Since: "0.1", Severity: lint.Warning,
	},
	Run: func(p *lint.Pass) {
		for _, s := range p.Stores {
			for _, so := range s.Sources() {
				if so.Way > flow.Held || !isContext(so.Path, s.Root) {
					continue
				}
				f := lint.Finding{
					Place: s.At, Field: s.Field, Certain: s.Kept,
					Message: fmt.Sprintf("%s keeps %s as a whole: everything that it leads to stays in memory.", s.Field, so.Path),
					Advice:  "Keep only the values that are read later.",
				}
				p.Report(f.In(s.Root, s.In, s.Chain))
				break
			}
		}
	},
}

// isContext reports whether a path is ctx, or an attribute of it that holds as
// much.
func isContext(path *flow.Path, root *flow.Root) bool {
	if path.Root() != "ctx" || root.Kind != "rule" && root.Kind != "aspect" {
		return false
	}
	switch path.String() {
	case "ctx", "ctx.attr", "ctx.files", "ctx.file", "ctx.rule", "ctx.rule.attr", "ctx.actions", "ctx.executable":
		return true
	}
	return false
}
