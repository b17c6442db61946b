// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"fmt"

	"example.invalid/starlark-memls/internal/lint"
	"example.invalid/starlark-memls/internal/lint/flow"
)

var macroProduct = &lint.Check{
	Documentation: lint.Documentation{
		Code:  "ML113",
		Title: "A macro makes every combination a target",
		Text: `A macro makes targets in a loop inside another loop, both over lists that its caller
gives, so that their lengths multiply.`,
		Cost: `A target costs some kilobytes when its package is loaded, and again what its rule
keeps when it is analyzed; 40 times 40 values make 1,600 of each.`,
		Before: `
def matrix(name, rows, columns):
    for row in rows:
        for column in columns:
            native.filegroup(name = "%s_%s_%s" % (name, row, column))
`,
		After: `
def matrix(name, cells):
    for row, column in cells:  # those that are used
        native.filegroup(name = "%s_%s_%s" % (name, row, column))
`,
		Since: "0.1", Severity: lint.Information,
	},
	Run: func(p *lint.Pass) {
		for _, c := range p.Calls {
			if c.Name != "target" || c.Root.Kind == "module_extension" || c.Root.Kind == "repository_rule" {
				continue
			}
			var open []*flow.Loop
			known := int64(1)
			for _, l := range c.Loops {
				if len(l.Over.Of(flow.Sequence)) > 0 && l.Count > 0 {
					known *= l.Count
				}
				if l.Count == 0 && !derived(l, open) {
					open = append(open, l)
				}
			}
			if len(open) < 2 && known < many {
				continue
			}
			f := lint.Finding{
				Place: c.At, Certain: true,
				Message: "A target is made for every combination of two lists that the caller gives.",
				Advice:  "Make the targets that are used, or one target with an attribute for what differs.",
			}
			if known >= many {
				f.Message = fmt.Sprintf("Some %d targets are made by one call.", known)
			}
			for _, l := range c.Loops {
				f.Related = append(f.Related, lint.Related{Place: l.At, Message: turns(l)})
			}
			p.Report(f.In(c.Root, c.In, c.Chain))
		}
	},
}

// derived reports whether a loop runs over an element of one of the loops
// around it, so that the two together walk one tree, and do not multiply.
func derived(l *flow.Loop, around []*flow.Loop) bool {
	sources := l.Over.Sources()
	if len(sources) == 0 {
		return true // not known to be what the caller gives
	}
	for _, so := range sources {
		for q := so.Path; q != nil; q = q.From {
			for _, outer := range around {
				for _, base := range outer.Over.Sources() {
					if q.From != nil && q.Step.Name == "" && q.Step.Provider == "" && q.From.String() == base.Path.String() {
						return true
					}
					if so.Path.String() == base.Path.String() {
						return true // the same list, each with each: rows of one table
					}
				}
			}
		}
	}
	return false
}

var globMultiplied = &lint.Check{
	Documentation: lint.Documentation{
		Code:  "ML118",
		Title: "A glob is given to every target that a loop makes",
		Text:  `A macro makes targets in a loop, and gives each the whole result of a ` + "`glob`" + `.`,
		Cost: `Each target keeps a label for every file: files times targets. One filegroup with the
files is a single label in each.`,
		Before: `
def suites(names):
    data = native.glob(["testdata/**"])
    for name in names:
        native.filegroup(name = name, srcs = data)
`,
		After: `
def suites(names):
    native.filegroup(name = "testdata", srcs = native.glob(["testdata/**"]))
    for name in names:
        native.filegroup(name = name, srcs = [":testdata"])
`,
		Since: "0.1", Severity: lint.Information,
	},
	Run: func(p *lint.Pass) {
		for _, c := range p.Calls {
			if c.Name != "target" || len(c.Loops) == 0 {
				continue
			}
			loop := c.Loops[len(c.Loops)-1]
			for _, v := range c.Named {
				for _, so := range v.Sources() {
					if so.Path.Step.Root && so.Path.Step.Name == "glob()" && so.Way == flow.Copied && outside(v, loop) {
						f := lint.Finding{
							Place: c.At, Certain: true,
							Message: "Every target that this loop makes keeps the labels of all files of one glob.",
							Advice:  "Put the files into one filegroup, and give each target its label.",
							Related: []lint.Related{{Place: so.Path.At, Message: "the glob"}, {Place: loop.At, Message: turns(loop)}},
						}
						p.Report(f.In(c.Root, c.In, c.Chain))
					}
				}
			}
		}
	},
}

// outside reports whether a value's object was made before a loop began.
func outside(v flow.Value, loop *flow.Loop) bool {
	for _, o := range v.Objects {
		for _, l := range o.Loops {
			if l.At == loop.At {
				return false
			}
		}
	}
	return true
}

var selectMultiplied = &lint.Check{
	Documentation: lint.Documentation{
		Code:  "ML119",
		Title: "A large select is made for every target of a loop",
		Text: `A macro makes targets in a loop, and gives each a ` + "`select`" + ` whose branches are built by a
loop of their own.`,
		Cost: `Every target keeps all branches, and not only the one that is chosen: branches times
targets.`,
		Before: `
def variants(names, modes):
    for name in names:
        native.filegroup(name = name, srcs = select({":" + m: ["%s_%s" % (name, m)] for m in modes}))
`,
		After: `
def variants(names, mode_srcs):
    native.alias(name = "mode", actual = select(mode_srcs))
    for name in names:
        native.filegroup(name = name, srcs = [":mode"])
`,
		Since: "0.1", Severity: lint.Information,
	},
	Run: func(p *lint.Pass) {
		makes := map[flow.SourceRange]bool{} // the loops that make targets
		for _, c := range p.Calls {
			for _, l := range c.Loops {
				makes[l.At] = makes[l.At] || c.Name == "target"
			}
		}
		for _, c := range p.Calls {
			if c.Name != "select" || len(c.Loops) == 0 || len(c.Args) == 0 || !makes[c.Loops[len(c.Loops)-1].At] {
				continue
			}
			for _, d := range c.Args[0].Of(flow.Dict) {
				if !grown(d) && d.Count < fewSame {
					continue
				}
				loop := c.Loops[len(c.Loops)-1]
				f := lint.Finding{
					Place: c.At, Certain: d.Bytes >= keptBytes || d.Count >= fewSame,
					Message: "Every target that this loop makes keeps all branches of a select that a loop builds.",
					Advice:  "Select once, in a target that the others depend on, or give each target only the branches that differ.",
					Related: []lint.Related{{Place: d.At, Message: "the branches"}, {Place: loop.At, Message: turns(loop)}},
				}
				p.Report(f.In(c.Root, c.In, c.Chain))
			}
		}
	},
}
