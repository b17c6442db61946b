// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"fmt"

	"example.invalid/starlark-memls/internal/lint"
	"example.invalid/starlark-memls/internal/lint/flow"
	"example.invalid/starlark-memls/internal/quantity"
)

const (
	// keptBytes is what one target may keep unnoticed.
	keptBytes = 32 << 10
	// loadedBytes is what loading one file, package or repository may make
	// unnoticed.
	loadedBytes = 4 << 20
	// incredible is what no one makes: the estimate counted turns that a loop
	// never takes.
	incredible = 1 << 36
	// loadedElements is how many elements a constant may have unnoticed.
	loadedElements = 100_000
)

var bulkKept = &lint.Check{
	Documentation: lint.Documentation{
		Code:  "ML122",
		Title: "Every target makes and keeps a large value",
		Text: `What a rule's or an aspect's implementation makes and gives to a provider or an action
is large whatever the target is: the lengths are constants in the source
(` + "`range(5000)`, `\"x\" * 4096`" + `), followed through helper functions. 32 KiB are large. Where an attribute says how
many elements there are, it is shown only where a measurement says that it costs.`,
		Cost: `That much in every target, as long as the server lives: with a thousand
targets, a thousand times as much.`,
		Before: `
def _table(label):
    return ["%s %d" % (label, i) for i in range(5000)]

def _impl(ctx):
    return [TableInfo(rows = _table(ctx.label))]
`,
		After: `
def _impl(ctx):
    return [TableInfo(label = ctx.label, rows = 5000)]  # the reader makes the rows that it needs
`,
		Since: "0.1", Severity: lint.Warning,
	},
	Run: func(p *lint.Pass) {
		for _, s := range p.Stores {
			if s.Root.PerTarget() && s.Kept {
				reportBulk(p, s.Value, s.Root, s.In, s.Chain, s.At, s.Field, s.Field.String()+" keeps")
			}
		}
		for _, c := range p.Calls {
			if !c.Root.PerTarget() {
				continue
			}
			var kept flow.Value
			switch c.Name {
			case ".write":
				kept = c.Argument("content", 1)
			case ".expand_template":
				kept = c.Argument("substitutions", 2)
			case ".add", ".add_all", ".add_joined":
				for _, v := range c.Args {
					if v.Bytes() > kept.Bytes() {
						kept = v
					}
				}
			case ".run", ".run_shell":
				kept = c.Named["arguments"]
				if c.Named["command"].Bytes() > kept.Bytes() {
					kept = c.Named["command"]
				}
			default:
				continue
			}
			reportBulk(p, kept, c.Root, c.In, c.Chain, c.At, flow.Field{}, "this action keeps")
		}
	},
}

func reportBulk(p *lint.Pass, v flow.Value, root *flow.Root, in *flow.Function, chain []flow.SourceRange, at flow.SourceRange, field flow.Field, keeps string) {
	for _, o := range v.Objects {
		if o.Module || o.Kind&flow.Arguments != 0 {
			continue
		}
		if o.Bytes < keptBytes {
			if by := lengthOf(o); by != "" {
				f := lint.Finding{
					Place: at, Field: field,
					Message: fmt.Sprintf("In every target %s as many elements as %s says.", keeps, by),
					Advice:  "Keep the number, and make the elements where they are used.",
				}
				p.Report(f.In(root, in, chain))
			}
			continue
		}
		f := lint.Finding{
			Place: at, Field: field, Certain: true,
			Message: fmt.Sprintf("In every target %s some %s that it makes anew.", keeps, quantity.Bytes(o.Bytes)),
			Advice:  "Keep what tells the targets apart, and make the rest where it is used; make what is equal once, as a constant.",
		}
		if o.At != at {
			f.Related = append(f.Related, lint.Related{Place: o.At, Message: "it is made here"})
		}
		p.Report(f.In(root, in, chain))
		return
	}
}

// lengthOf is the attribute that says how many elements a loop makes, or "".
func lengthOf(o *flow.MadeObject) string {
	for _, part := range o.Parts {
		for _, turns := range part.Value.Of(flow.Sequence) {
			for _, bound := range turns.Parts {
				for _, path := range bound.Value.Paths {
					if path.Root() == "ctx" {
						return path.String()
					}
				}
			}
		}
	}
	return ""
}

var bigConstant = &lint.Check{
	Documentation: lint.Documentation{
		Code:  "ML117",
		Title: "A file's constant is huge",
		Text: `A constant of a .bzl file has a hundred thousand elements, or some megabytes: written
out, or made by a loop while the file is loaded.`,
		Cost: `A constant stays as long as the server lives, whoever loads the file; and loading it
takes several times as much for a moment.`,
		Before: `
CATALOG = {"item_%d" % i: "https://archive.invalid/%d.tar.gz" % i for i in range(300000)}
`,
		After: `
def item(i):
    return "https://archive.invalid/%d.tar.gz" % i
`,
		Since: "0.1", Severity: lint.Warning,
	},
	Run: func(p *lint.Pass) {
		for _, g := range p.Globals() {
			for _, o := range g.Value.Objects {
				if o.Kind&flow.Sequence != 0 || o.At.File != g.At.File || o.Bytes < loadedBytes && o.Count < loadedElements {
					continue
				}
				f := lint.Finding{
					Place: g.At, Certain: true, Function: "<toplevel>",
					Message: fmt.Sprintf("%s holds %d elements, some %s, as long as the server lives.", g.Name, o.Count, quantity.Bytes(o.Bytes)),
					Advice:  "Make the elements that are asked for, or read them from a file by a repository rule or an action.",
				}
				f.Callers = []string{g.At.File + "%<toplevel>"}
				p.Report(f)
			}
		}
	},
}

var bulkLoading = &lint.Check{
	Documentation: lint.Documentation{
		Code:  "ML123",
		Title: "A macro or a repository rule makes a large value in memory",
		Text: `A list, dict or string of some megabytes is made while a package is loaded, a
repository is fetched, or an action's command line is expanded: the lengths are
constants in the source. 4 MiB are large.`,
		Cost: `All of it is on the heap at once, in every call and on every thread that makes one,
and counts against the limit though it is garbage soon after.`,
		Before: `
def table(name):
    rows = {}
    for i in range(500000):
        rows["row %d" % i] = "%s %d" % (name, i)
    native.filegroup(name = name, tags = [rows["row 0"]])
`,
		After: `
def table(name):
    native.filegroup(name = name, tags = ["%s 0" % name])
`,
		Since: "0.1", Severity: lint.Warning,
	},
	Run: func(p *lint.Pass) {
		for _, o := range p.Made() {
			kind := o.Root.Kind
			limit := int64(loadedBytes)
			switch {
			case kind == "toplevel" || kind == "rule" || kind == "aspect":
				continue
			case kind == "map_each":
				limit = keptBytes / 2
			}
			certain := o.Object.Bytes >= limit && o.Object.Bytes < incredible
			if kind == "map_each" && o.Object.Count >= fewSame && o.Object.Kind&flow.Collection != 0 {
				limit = 0 // a command line of so many times what is added
			}
			if o.Object.Kind&(flow.Collection|flow.String) == 0 || o.Object.Bytes < limit || len(o.Object.Loops) > 0 && kind != "map_each" {
				continue
			}
			what := map[string]string{"map_each": "for every element that map_each gets"}[kind]
			f := lint.Finding{
				Place: o.Object.At, Certain: certain,
				Message: fmt.Sprintf("Some %s are made in memory here%s.", quantity.Bytes(o.Object.Bytes), space(what)),
				Advice:  "Make only what is used; write a long file in parts, or by an action.",
			}
			p.Report(f.In(o.Root, o.Object.In, nil))
		}
	},
}

func space(s string) string {
	if s == "" {
		return ""
	}
	return ", " + s
}
