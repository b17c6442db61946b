// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"fmt"

	"example.invalid/starlark-memls/internal/lint"
	"example.invalid/starlark-memls/internal/lint/flow"
)

var encodedClosure = &lint.Check{
	Documentation: lint.Documentation{
		Code:  "ML115",
		Title: "A large value is encoded in every target, or in every turn of a loop",
		Text: `The result of ` + "`json.encode`, `to_json` or `to_proto`" + ` is kept by a provider or an action,
and what is encoded is a flattened closure, or a value that is the same in every
turn of the loop around the call.`,
		Cost: `The text repeats all that the value holds, as one string that shares nothing, in every
target or turn.`,
		Before: `
def _impl(ctx):
    names = ["%s/%d" % (ctx.label.name, i) for i in range(100)]
    return [JsonInfo(texts = [json.encode(struct(n = i, names = names)) for i in range(50)])]
`,
		After: `
def _impl(ctx):
    names = ["%s/%d" % (ctx.label.name, i) for i in range(100)]
    return [JsonInfo(names = names, count = 50)]  # encoded once, by the action that writes it
`,
		Since: "0.1", Severity: lint.Warning,
	},
	Run: func(p *lint.Pass) {
		kept := keptStrings(p)
		for _, c := range p.Calls {
			if c.Name != "json.encode" || !c.Root.PerTarget() || len(c.Result.Objects) == 0 {
				continue
			}
			by, ok := kept[c.Result.Objects[0]]
			if !ok {
				continue
			}
			f := lint.Finding{Place: c.At, Certain: true, Field: by.field, Advice: "Keep the value, or a depset of its parts, and encode it once where it is written."}
			f.Related = append(f.Related, lint.Related{Place: by.at, Message: "the text is kept here"})
			if repeated := invariant(c); repeated != nil {
				f.Message = "The same value is encoded in every turn of a loop, and every text is kept."
				f.Related = append(f.Related, lint.Related{Place: repeated.At, Message: "this is the same in every turn"})
				p.Report(f.In(c.Root, c.In, c.Chain))
				continue
			}
			for _, so := range c.Result.Sources() {
				if from, ok := closure(p, so); ok && (so.Flat || several(so.Path)) {
					f.Message = fmt.Sprintf("A text of all of %s is made in every target, and kept.", from)
					p.Report(f.In(c.Root, c.In, c.Chain).Because(so))
					break
				}
			}
		}
	},
}

// invariant is a collection of several elements that a call in a loop encodes,
// and that was made before the loop.
func invariant(c *flow.Call) *flow.MadeObject {
	if len(c.Loops) == 0 {
		return nil
	}
	var found *flow.MadeObject
	var look func(v flow.Value, deep int)
	look = func(v flow.Value, deep int) {
		for _, o := range v.Objects {
			if o.Kind&flow.Collection != 0 && len(o.Loops) < len(c.Loops) && (o.Count >= fewSame || len(o.Parts) > 0) {
				found = o
				return
			}
			if deep > 3 {
				continue
			}
			for _, f := range o.Fields {
				look(f, deep+1)
			}
			look(o.Elements, deep+1)
		}
	}
	look(c.Args[0], 0)
	return found
}

// A keeper is what keeps an object.
type keeper struct {
	field flow.Field
	at    flow.SourceRange
}

// keptStrings are the strings that providers and actions keep, as they are or
// as parts of others.
func keptStrings(p *lint.Pass) map[*flow.MadeObject]keeper {
	kept := map[*flow.MadeObject]keeper{}
	var note func(v flow.Value, by keeper, deep int)
	note = func(v flow.Value, by keeper, deep int) {
		if deep > 6 {
			return
		}
		for _, o := range v.Objects {
			if _, seen := kept[o]; seen {
				continue
			}
			kept[o] = by
			note(o.Elements, by, deep+1)
			for _, f := range o.Fields {
				note(f, by, deep+1)
			}
			if o.Kind&flow.String != 0 {
				for _, part := range o.Parts {
					for _, inner := range part.Value.Of(flow.String) {
						note(flow.Value{Objects: []*flow.MadeObject{inner}}, by, deep+1)
					}
				}
			}
		}
	}
	for _, s := range p.Stores {
		if !s.Kept {
			continue
		}
		note(s.Value, keeper{s.Field, s.At}, 0)
	}
	for _, c := range p.Calls {
		switch c.Name {
		case ".write":
			note(c.Argument("content", 1), keeper{at: c.At}, 0)
		case ".expand_template":
			note(c.Argument("substitutions", 2), keeper{at: c.At}, 0)
		case ".add", ".add_all", ".add_joined":
			for _, v := range c.Args {
				note(v, keeper{at: c.At}, 0)
			}
		}
	}
	return kept
}
