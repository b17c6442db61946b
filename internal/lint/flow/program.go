// SPDX-License-Identifier: Apache-2.0

package flow

import (
	"cmp"
	"context"
	"path"
	"slices"
	"strings"

	"go.starlark.net/syntax"

	"example.invalid/starlark-memls/starlark"
)

// maxSteps bounds the expressions evaluated for one root.
const maxSteps = 50_000

// maxDepth bounds how deep calls are followed.
const maxDepth = 12

// A Program is what is known of a workspace's .bzl files. It does not change
// once Follow returns.
type Program struct {
	Workspace *starlark.Workspace
	// Stores are all values that are put into a provider's field.
	Stores []*Store
	// Calls are those of Bazel's functions and methods that may keep, or
	// multiply, what they are given.
	Calls []*Call
	// Roots are what Bazel calls.
	Roots []*Root
	// Files are the workspace's .bzl files that were read, by path.
	Files map[string]*File

	growths     []Growth
	reads       map[*syntax.DotExpr]*read
	index       *index
	assigned    map[string]map[*syntax.CallExpr]string // by file, see Again
	made        []Making
	transitions []Result
	modules     map[string]*module
	fields      map[Field]*fieldNode
}

// A File is the source of a .bzl file.
type File struct {
	Path string
	Text []byte
	Tree *syntax.File
}

// A Root is a function that Bazel calls, not the workspace.
type Root struct {
	// Kind is what it serves as: "rule", "aspect", "repository_rule", "macro",
	// "transition", "module_extension", "computed_default", "map_each",
	// "toplevel", or "function" where nothing here says.
	Kind string
	// Name is the rule's or the aspect's, where it is known.
	Name     string
	Function *Function
	// Aspect tells of an aspect which attributes it follows.
	Arguments map[string]Value
	At        Place
}

// PerTarget reports whether Bazel calls the function for every target.
func (r *Root) PerTarget() bool {
	return r.Kind == "rule" || r.Kind == "aspect" || r.Kind == "function" || r.Kind == "subrule"
}

// A Store is a value that is put into a field of a provider's instance.
type Store struct {
	Field Field
	Value Value
	At    Place
	In    *Function // the innermost function
	Root  *Root
	Loops []*Loop
	// Call is the constructor's call, Argument the field's in it or nil.
	Call     *syntax.CallExpr
	Argument syntax.Expr
	// Chain are the calls from the root to here, the outermost first.
	Chain []Place
	// Kept: the root returns the instance, or something that holds it, so that
	// it stays after the root is done.
	Kept bool

	instance *Object
	cut      bool // the root was not followed to its end
}

// A Call is a call of one of Bazel's functions or methods.
type Call struct {
	// Name is a function's name, or ".name" for a method.
	Name     string
	Receiver Value
	Args     []Value
	Named    map[string]Value
	Result   Value
	At       Place
	In       *Function
	Root     *Root
	Loops    []*Loop
	Expr     *syntax.CallExpr
	Chain    []Place
}

// A Growth is a string that a loop adds to in every turn.
type Growth struct {
	At    Place
	Node  syntax.Node
	Loop  *Loop
	Root  *Root
	In    *Function
	Chain []Place
}

// Growing yields the strings that loops add to.
func (p *Program) Growing(yield func(Growth)) {
	for _, g := range p.growths {
		yield(g)
	}
}

// Argument is a call's argument by name or by position, from 0.
func (c *Call) Argument(name string, at int) Value {
	if v, ok := c.Named[name]; ok {
		return v
	}
	if at >= 0 && at < len(c.Args) {
		return c.Args[at]
	}
	return Value{}
}

// Follow follows the values of all .bzl files of a workspace. It fails only
// where ctx is done; what cannot be read or parsed is left out.
func Follow(ctx context.Context, ws *starlark.Workspace) (*Program, error) {
	p := &Program{Workspace: ws, Files: map[string]*File{}, modules: map[string]*module{}, reads: map[*syntax.DotExpr]*read{}}
	in := &interpreter{program: p, called: map[*syntax.DefStmt]bool{}, roots: map[rootID]bool{}}
	for file := range ws.Files() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if path.Ext(file) == ".bzl" {
			in.module(file)
		}
	}
	// The list grows while it is followed: map_each and computed defaults.
	for i := 0; i < len(p.Roots); i++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		in.root(p.Roots[i])
	}
	in.uncalled()
	p.connect()
	p.sort()
	return p, nil
}

// sort makes the order independent of that of maps.
func (p *Program) sort() {
	slices.SortStableFunc(p.Stores, func(a, b *Store) int {
		return cmp.Or(a.At.compare(b.At), cmp.Compare(a.Field.String(), b.Field.String()))
	})
	slices.SortStableFunc(p.made, func(a, b Making) int { return a.Object.At.compare(b.Object.At) })
	slices.SortStableFunc(p.Calls, func(a, b *Call) int { return a.At.compare(b.At) })
}

func (p Place) compare(q Place) int {
	return cmp.Or(strings.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Column, q.Column))
}

// A module is one file and what its names are.
type module struct {
	file    *File
	globals *frame
	defs    []*syntax.DefStmt
	own     bool // the workspace's
}

// A frame is a function under way.
type frame struct {
	module *module
	vars   map[string]Value
	outer  *frame // of the function around, for a closure
	in     *Function
	result Value
	// made are the objects that the frame's expressions made.
	made map[syntax.Node]*Object
	// depth counts the calls around.
	depth int
}

func (f *frame) lookup(name string) (Value, bool) {
	for g := f; g != nil; g = g.outer {
		if v, ok := g.vars[name]; ok {
			return v, true
		}
	}
	if f.module.globals != f {
		if v, ok := f.module.globals.vars[name]; ok {
			return v, true
		}
	}
	return Value{}, false
}

// A rootID tells roots apart.
type rootID struct {
	kind, name string
	function   Place
}

// An interpreter runs functions.
type interpreter struct {
	program *Program
	current *Root
	loops   []*Loop
	chain   []Place
	steps   int
	// again: a loop's body runs the second time, and adds no amounts.
	again bool
	// called are the functions that were followed.
	called map[*syntax.DefStmt]bool
	roots  map[rootID]bool
}

// module runs a file's own code; nil where it cannot be read or parsed.
func (in *interpreter) module(file string) *module {
	if m, ok := in.program.modules[file]; ok {
		return m
	}
	in.program.modules[file] = nil // a circle of loads ends here
	text, err := in.program.Workspace.Text(file)
	if err != nil {
		return nil
	}
	tree, err := starlark.Parse(file, text)
	if err != nil {
		return nil
	}
	m := &module{file: &File{Path: file, Text: text, Tree: tree}}
	m.own = !strings.HasPrefix(in.program.Workspace.Rel(file), "/")
	if m.own {
		in.program.Files[file] = m.file
	}
	top := &Function{Name: "<toplevel>", At: Place{File: file, Line: 1, Column: 1, EndLine: 1, End: 1}, module: m}
	m.globals = &frame{module: m, vars: map[string]Value{}, in: top, made: map[syntax.Node]*Object{}}
	loads := 0
	for _, s := range tree.Stmts {
		if l, ok := s.(*syntax.LoadStmt); ok {
			var from *module
			if target, ok := in.program.Workspace.LoadTarget(file, loads); ok && path.Ext(target) == ".bzl" {
				from = in.module(target)
			}
			loads++
			in.load(m, l, from)
		}
	}
	was := *in
	in.current = &Root{Kind: "toplevel", Name: file, Function: top, At: top.At}
	in.loops, in.chain, in.steps, in.again = nil, nil, 0, false
	in.block(m.globals, tree.Stmts)
	in.current, in.loops, in.chain, in.steps, in.again = was.current, was.loops, was.chain, was.steps, was.again
	in.program.modules[file] = m
	return m
}

// load binds the names of a load statement.
func (in *interpreter) load(m *module, l *syntax.LoadStmt, from *module) {
	for i := range l.To {
		v, known := Value{}, false
		if from != nil {
			v, known = from.globals.vars[l.From[i].Name]
		}
		if !known {
			v = foreign(l.From[i].Name, l.ModuleName())
		}
		m.globals.vars[l.To[i].Name] = v
	}
}

// foreign is a name that is loaded from a file which is not here. Providers
// are told by their name, as everyone calls them.
func foreign(name, label string) Value {
	f := &Function{Name: name, Builtin: name}
	if strings.HasSuffix(name, "Info") && !strings.HasPrefix(name, "_") {
		f.Provider = label + "%" + name
		if builtinProviders[name] {
			f.Provider = name // the rules that are no longer Bazel's own hand it on
		}
	}
	return function(f)
}

// at is the place of a node.
func (in *interpreter) at(m *module, n syntax.Node) Place {
	start, end := n.Span()
	return Place{m.file.Path, int(start.Line), int(start.Col), int(end.Line), int(end.Col)}
}
