// SPDX-License-Identifier: Apache-2.0

package flow

import (
	"cmp"
	"context"
	"maps"
	"path"
	"runtime"
	"slices"
	"strings"

	"go.starlark.net/syntax"
	"golang.org/x/sync/errgroup"

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

	growths     []StringGrowth
	reads       map[*syntax.DotExpr]*read
	index       *index
	assigned    map[string]map[*syntax.CallExpr]string // by file, see Again
	made        []Making
	transitions []Returned
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
	At        SourceRange
}

// PerTarget reports whether Bazel calls the function for every target.
func (r *Root) PerTarget() bool {
	return r.Kind == "rule" || r.Kind == "aspect" || r.Kind == "subrule" || r.Kind == "function" && r.Function.takesContext()
}

// takesContext reports whether one of a function's parameters is called as the
// context is, or an aspect's target.
func (f *Function) takesContext() bool {
	return slices.ContainsFunc(f.params(), func(p syntax.Expr) bool {
		name, _, _ := parameter(p)
		return name == "ctx" || name == "target"
	})
}

// A Store is a value that is put into a field of a provider's instance.
type Store struct {
	Field Field
	Value Value
	At    SourceRange
	In    *Function // the innermost function
	Root  *Root
	Loops []*Loop
	// Call is the constructor's call, Argument the field's in it or nil.
	Call     *syntax.CallExpr
	Argument syntax.Expr
	// Chain are the calls from the root to here, the outermost first.
	Chain []SourceRange
	// Kept: the root returns the instance, or something that holds it, so that
	// it stays after the root is done.
	Kept bool

	sources []Origin
	cut     bool // the root was not followed to its end
}

// Sources are the value's.
func (s *Store) Sources() []Origin {
	if s.sources == nil {
		s.sources = s.Value.Sources()
	}
	return s.sources
}

// A Call is a call of one of Bazel's functions or methods.
type Call struct {
	// Name is a function's name, or ".name" for a method.
	Name     string
	Receiver Value
	Args     []Value
	Named    map[string]Value
	Result   Value
	At       SourceRange
	In       *Function
	Root     *Root
	Loops    []*Loop
	Expr     *syntax.CallExpr
	Chain    []SourceRange
}

// A StringGrowth is a string that a loop adds to in every turn.
type StringGrowth struct {
	At    SourceRange
	Node  syntax.Node
	Loop  *Loop
	Root  *Root
	In    *Function
	Chain []SourceRange
}

// Growing yields the strings that loops add to.
func (p *Program) Growing(yield func(StringGrowth)) {
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
	return new(Trees).Follow(ctx, ws)
}

// Follow does the same with what was parsed when the workspace was indexed.
func (t *Trees) Follow(ctx context.Context, ws *starlark.Workspace) (*Program, error) {
	p := &Program{Workspace: ws, Files: map[string]*File{}, modules: map[string]*module{}, reads: map[*syntax.DotExpr]*read{}}
	var files []string
	for file := range ws.Files() {
		if path.Ext(file) == ".bzl" {
			files = append(files, file)
		}
	}
	parsed, err := t.parse(ctx, ws, files)
	if err != nil {
		return nil, err
	}
	in := newInterpreter(p, parsed)
	for _, file := range files {
		in.module(file)
	}
	in.parsed, t.files = nil, nil
	p.take(in)
	called, known := in.called, map[rootID]bool{}
	// The list grows while it is followed: map_each and computed defaults.
	for next := p.addRoots(in.roots, known); len(next) > 0; {
		shards, err := each(ctx, p, parts(next), func(in *interpreter, r *Root) { in.root(r) })
		if err != nil {
			return nil, err
		}
		next = nil
		for _, in := range shards {
			p.take(in)
			maps.Copy(called, in.called)
			next = append(next, p.addRoots(in.roots, known)...)
		}
	}
	if err := p.uncalled(ctx, files, called); err != nil {
		return nil, err
	}
	p.connect()
	p.sort()
	return p, nil
}

// shardRoots is how many roots one interpreter runs, whatever the machine: what
// is found must not depend on how many run at once.
const shardRoots = 64

// parts cuts a list into the work of one interpreter each.
func parts[T any](list []T) [][]T { return slices.Collect(slices.Chunk(list, shardRoots)) }

// each runs interpreters over lists of work, as many at once as there are
// cores, and gives them back in the order of the lists.
func each[T any](ctx context.Context, p *Program, lists [][]T, run func(*interpreter, T)) ([]*interpreter, error) {
	done := make([]*interpreter, len(lists))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, list := range lists {
		group.Go(func() error {
			in := newInterpreter(p, nil)
			for _, one := range list {
				if err := ctx.Err(); err != nil {
					return err
				}
				run(in, one)
			}
			done[i] = in
			return nil
		})
	}
	return done, group.Wait()
}

// take adds what an interpreter found.
func (p *Program) take(in *interpreter) {
	p.Stores = append(p.Stores, in.stores...)
	p.Calls = append(p.Calls, in.calls...)
	p.growths = append(p.growths, in.growths...)
	p.made = append(p.made, in.made...)
	p.transitions = append(p.transitions, in.transitions...)
	for e, r := range in.reads {
		if old := p.reads[e]; old != nil {
			old.join(r)
		} else {
			p.reads[e] = r
		}
	}
}

// addRoots adds the roots that are not known yet, and gives them back.
func (p *Program) addRoots(found []*Root, known map[rootID]bool) []*Root {
	var fresh []*Root
	for _, r := range found {
		id := rootID{r.Kind, r.Name, r.Function.At}
		if !known[id] {
			known[id] = true
			fresh = append(fresh, r)
		}
	}
	p.Roots = append(p.Roots, fresh...)
	return fresh
}

// sort makes the order independent of that of maps.
func (p *Program) sort() {
	slices.SortStableFunc(p.Stores, func(a, b *Store) int {
		return cmp.Or(a.At.compare(b.At), cmp.Compare(a.Field.String(), b.Field.String()))
	})
	slices.SortStableFunc(p.made, func(a, b Making) int { return a.Object.At.compare(b.Object.At) })
	slices.SortStableFunc(p.Calls, func(a, b *Call) int { return a.At.compare(b.At) })
}

func (p SourceRange) compare(q SourceRange) int {
	return cmp.Or(strings.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Column, q.Column))
}

// A module is one file and what its names are.
type module struct {
	file    *File
	globals *activation
	defs    []*syntax.DefStmt
	own     bool // the workspace's
}

// global is what a name of a file is.
func (m *module) global(name string) Value {
	v, _ := m.globals.scope.get(name)
	return v
}

// defaults is where the defaults of parameters are evaluated: as the file's own
// code, in a place of its own for what they make.
func (m *module) defaults() *activation {
	return &activation{module: m, scope: m.globals.scope, in: m.globals.in, made: map[syntax.Node]*MadeObject{}}
}

// An activation is a function under way.
type activation struct {
	module *module
	scope  *scope
	outer  *activation // of the function around, for a closure
	in     *Function
	result Value
	// made are the objects that the frame's expressions made.
	made map[syntax.Node]*MadeObject
	// depth counts the calls around.
	depth int
}

func (f *activation) lookup(name string) (Value, bool) {
	for g := f; g != nil; g = g.outer {
		if v, ok := g.scope.get(name); ok {
			return v, true
		}
	}
	if f.module.globals != f {
		if v, ok := f.module.globals.scope.get(name); ok {
			return v, true
		}
	}
	return Value{}, false
}

// A rootID tells roots apart.
type rootID struct {
	kind, name string
	function   SourceRange
}

// An interpreter runs functions. Several may run at once: what they find is
// their own until Program.take, and what belongs to a file is frozen once the
// file is loaded.
type interpreter struct {
	program *Program
	parsed  map[string]*File
	current *Root
	loops   []*Loop
	chain   []SourceRange
	steps   int
	// again: a loop's body runs the second time, and adds no amounts.
	again bool
	// branch is how many loops are around the innermost branch under way.
	branch int
	// failing: the block under way ends the build.
	failing bool
	// once: the block under way ends the loop around it.
	once bool

	// called are the functions that were followed, roots those that Bazel will
	// call.
	called map[*syntax.DefStmt]bool
	roots  []*Root
	// memo are results of calls, cuts counts those that were too deep to be
	// followed.
	memo map[callKey]kept
	cuts int

	stores      []*Store
	calls       []*Call
	growths     []StringGrowth
	made        []Making
	transitions []Returned
	reads       map[*syntax.DotExpr]*read
}

func newInterpreter(p *Program, parsed map[string]*File) *interpreter {
	return &interpreter{program: p, parsed: parsed, called: map[*syntax.DefStmt]bool{}, memo: map[callKey]kept{}, reads: map[*syntax.DotExpr]*read{}}
}

// module runs a file's own code; nil where it cannot be read or parsed.
func (in *interpreter) module(file string) *module {
	if m, ok := in.program.modules[file]; ok {
		return m
	}
	in.program.modules[file] = nil // a circle of loads ends here
	source := in.parsed[file]
	if source == nil {
		source = parse(in.program.Workspace, file)
	}
	if source == nil {
		return nil
	}
	tree := source.Tree
	m := &module{file: source}
	m.own = !strings.HasPrefix(in.program.Workspace.Rel(file), "/")
	if m.own {
		in.program.Files[file] = m.file
	}
	top := &Function{Name: "<toplevel>", At: SourceRange{File: file, Line: 1, Column: 1, EndLine: 1, End: 1}, module: m}
	m.globals = &activation{module: m, scope: &scope{}, in: top, made: map[syntax.Node]*MadeObject{}}
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
	current, loops, chain, steps, again := in.current, in.loops, in.chain, in.steps, in.again
	in.current = &Root{Kind: "toplevel", Name: file, Function: top, At: top.At}
	in.loops, in.chain, in.steps, in.again = nil, nil, 0, false
	in.block(m.globals, tree.Stmts)
	in.current, in.loops, in.chain, in.steps, in.again = current, loops, chain, steps, again
	in.program.modules[file] = m
	return m
}

// load binds the names of a load statement.
func (in *interpreter) load(m *module, l *syntax.LoadStmt, from *module) {
	for i := range l.To {
		v, known := Value{}, false
		if from != nil {
			v, known = from.globals.scope.get(l.From[i].Name)
		}
		if !known {
			v = foreign(l.From[i].Name, l.ModuleName())
		}
		m.globals.scope.set(l.To[i].Name, v)
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
func (in *interpreter) at(m *module, n syntax.Node) SourceRange {
	start, end := n.Span()
	return SourceRange{m.file.Path, int(start.Line), int(start.Col), int(end.Line), int(end.Col)}
}
