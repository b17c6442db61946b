// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"fmt"

	"example.invalid/starlark-memls/internal/lint"
	"example.invalid/starlark-memls/internal/lint/flow"
)

var bigWrite = &lint.Check{
	Documentation: lint.Documentation{
		Code:  "ML108",
		Title: "The text of a whole closure is kept by an action",
		Text: `The content of ` + "`ctx.actions.write`" + `, or what an action's template is filled with, is a
string made of a flattened depset or of all that is below the target.`,
		Cost: `The action keeps the string as long as the server lives, in every target, and the
list that it was joined from is garbage. ` + "`ctx.actions.args()`" + ` keeps the depset, and
makes the text when the action runs.`,
		Before: `
def _impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name + ".list")
    names = depset(transitive = [d[NamesInfo].names for d in ctx.attr.deps])
    ctx.actions.write(out, "\n".join(names.to_list()))
    return [DefaultInfo(files = depset([out])), NamesInfo(names = names)]
`,
		After: `
def _impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name + ".list")
    names = depset(transitive = [d[NamesInfo].names for d in ctx.attr.deps])
    args = ctx.actions.args()
    args.set_param_file_format("multiline")
    args.add_all(names)
    ctx.actions.write(out, args)
    return [DefaultInfo(files = depset([out])), NamesInfo(names = names)]
`,
		Since: "0.1", Severity: lint.Warning,
	},
	Run: func(p *lint.Pass) {
		for _, c := range p.Calls {
			var kept flow.Value
			switch c.Name {
			case ".write":
				kept = c.Argument("content", 1)
			case ".expand_template":
				for _, d := range c.Argument("substitutions", 2).Of(flow.Dict) {
					kept = d.Elements
				}
			}
			if kept.Kind()&flow.String == 0 || kept.Kind()&flow.Arguments != 0 || !c.Root.PerTarget() {
				continue
			}
			for _, so := range kept.Sources() {
				from, ok := closure(p, so)
				if !ok || so.Way != flow.Copied || !so.Flat && p.Kind(from)&flow.Collection == 0 && !several(so.Path) {
					continue
				}
				f := lint.Finding{
					Place: c.At, Certain: c.Name == ".write",
					Message: fmt.Sprintf("The text of all of %s is kept by this action.", from),
					Advice:  "Give ctx.actions.write an Args object: args.add_all(depset, map_each = …) makes the text when the action runs.",
				}
				p.Report(f.In(c.Root, c.In, c.Chain).Because(so))
				break
			}
		}
	},
}

var joinedArgument = &lint.Check{
	Documentation: lint.Documentation{
		Code:  "ML126",
		Title: "A command line is joined before it is needed",
		Text: `An argument of ` + "`args.add`" + `, or of an action, is a string joined from a flattened depset
or from a list of a thousand elements and more.`,
		Cost: `The string is made while the target is analyzed and kept by the action; ` + "`add_joined`" + ` keeps
what it is joined from, which is shared, and makes the string when the action runs.`,
		Before: `
def _impl(ctx):
    args = ctx.actions.args()
    args.add(":".join([f.path for f in ctx.attr.lib[LibInfo].jars.to_list()]))
    return []
`,
		After: `
def _impl(ctx):
    args = ctx.actions.args()
    args.add_joined(ctx.attr.lib[LibInfo].jars, join_with = ":")
    return []
`,
		Since: "0.1", Severity: lint.Warning,
	},
	Run: func(p *lint.Pass) {
		for _, c := range p.Calls {
			if c.Name != ".add" && c.Name != ".run" && c.Name != ".run_shell" || !c.Root.PerTarget() {
				continue
			}
			values := c.Args
			if c.Name != ".add" {
				values = nil
				for _, list := range c.Named["arguments"].Of(flow.List) {
					values = append(values, list.Elements)
				}
				values = append(values, c.Named["command"])
			}
			for _, v := range values {
				reportJoined(p, c, v)
			}
		}
	},
}

func reportJoined(p *lint.Pass, c *flow.Call, v flow.Value) {
	f := lint.Finding{
		Place: c.At, Certain: true, Node: c.Expr,
		Advice: "Give the parts to args.add_joined(parts, join_with = …), or each as an argument of its own by args.add_all(parts).",
	}
	for _, o := range v.Of(flow.String) {
		if o.Count >= many {
			f.Message = fmt.Sprintf("An argument is joined from %d elements, and kept by the action as one string.", o.Count)
			p.Report(f.In(c.Root, c.In, c.Chain))
			return
		}
	}
	if v.Kind() != flow.String {
		return
	}
	for _, so := range v.Sources() {
		if from, ok := closure(p, so); ok && so.Flat && so.Way == flow.Copied {
			f.Message = fmt.Sprintf("An argument is joined from all of %s, and kept by the action as one string.", from)
			p.Report(f.In(c.Root, c.In, c.Chain).Because(so))
			return
		}
	}
}
