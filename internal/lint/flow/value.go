// SPDX-License-Identifier: Apache-2.0

package flow

import (
	"slices"

	"go.starlark.net/syntax"
)

// A SourceRange is a range in a source file. Lines and columns count from 1, columns
// in runes; the end is behind the last rune.
type SourceRange struct {
	File                       string
	Line, Column, EndLine, End int
}

// A TypeSet is a set of what a value may be in Starlark's terms; none is unknown.
type TypeSet uint16

// The kinds.
const (
	List TypeSet = 1 << iota
	Tuple
	Dict
	String
	Depset
	Struct
	Instance // of a provider
	Runfiles
	Arguments // ctx.actions.args()
	Number    // and booleans
	Select
	Sequence // range(n)
	Nothing  // None
)

// Collection are the kinds whose copies cost what they hold.
const Collection = List | Tuple | Dict

// A Value is what an expression may be. The zero Value is not known.
type Value struct {
	Paths     []*Path
	Objects   []*MadeObject
	Functions []*Function
	// Number and Text are the constant, where it is one.
	Number *int64
	Text   *string
	// Kinds are those of constants and of results that are not followed.
	Kinds TypeSet
}

// A Path is what is read from outside of the code: it begins at a parameter
// and goes on by attributes, elements and providers.
type Path struct {
	From *Path // nil at the root
	Step Step
	At   SourceRange
}

// A Step is one step of a path.
type Step struct {
	Root     bool   // Name is that of a parameter
	Name     string // an attribute; "" with neither Provider nor Root is an element
	Provider string // target[Provider], by its ID
}

// A Way is how a value came to be part of another, from the least to the most
// that it costs.
type Way uint8

// The ways.
const (
	Alias  Way = iota // it is the value itself
	Shared            // held by a depset: one node
	Held              // an element or a field is the value itself
	Copied            // its elements, or characters, are in the other again
)

func (w Way) String() string { return [...]string{"alias", "shared", "held", "copied"}[w] }

// A Part says that an object was made from a value.
type Part struct {
	Value Value
	Way   Way
	// Flat: taken out of a depset by to_list().
	Flat bool
	At   SourceRange
}

// A MadeObject stands for all that one expression makes in one call.
type MadeObject struct {
	Kind TypeSet
	At   SourceRange
	// In is the function that makes it.
	In *Function
	// Provider is an instance's, by its ID.
	Provider string
	// Fields are a struct's, an instance's, and a dict's with constant keys.
	Fields map[string]Value
	// Elements are what a list, a dict or a depset holds.
	Elements Value
	Parts    []Part
	// Loops are those around the place where it is made, over all calls.
	Loops []*Loop
	// Count is how many elements are known to be in it, Bytes what it is known
	// to hold, estimated.
	Count, Bytes int64
	// Module: made while a file was loaded, so that all share it.
	Module bool
	// Constant: made from constants alone.
	Constant bool
	// Call is the expression that made it, where it was a call.
	Call *syntax.CallExpr
	// Literal is the expression, where it was a literal or a comprehension.
	Literal syntax.Expr

	// items are a list's or tuple's elements in order, where it is written out.
	items   []Value
	growing bool // noted as a Growth
	filled  bool // it has an element at least
	open    bool // a dict with keys that are not written out
	by      *interpreter
	stores  []*Store // of an instance: what its fields got
}

// A Loop is a loop under way.
type Loop struct {
	At   SourceRange
	Over Value
	// Count is how many turns it is known to take, 0 where it is not known.
	Count int64
	// Comprehension: it is a clause of one.
	Comprehension bool
	node          syntax.Node
}

// A Function is a function, or something else that can be called.
type Function struct {
	Name string
	At   SourceRange
	// Provider is the ID, where calling it makes an instance.
	Provider string
	// Builtin is the name, where it is one of Bazel's.
	Builtin string
	// Maker tells what calling it makes, for the results of rule(), aspect()
	// and the like: "rule", "aspect", "repository_rule".
	Maker string

	def      *syntax.DefStmt
	lambda   *syntax.LambdaExpr
	module   *module
	outer    *activation
	receiver Value
	init     Value
}

// Closed reports whether all keys of a dict are written out in the sources.
func (o *MadeObject) Closed() bool { return o.Kind == Dict && len(o.Fields) > 0 && !o.open }

// Growing reports whether a loop adds to the string in every turn.
func (o *MadeObject) Growing() bool { return o.growing }

const maxAlternatives = 12

// join is what is either.
func join(a, b Value) Value {
	out := Value{Kinds: a.Kinds | b.Kinds}
	out.Paths = union(a.Paths, b.Paths)
	out.Objects = union(a.Objects, b.Objects)
	out.Functions = union(a.Functions, b.Functions)
	switch {
	case a.empty():
		out.Number, out.Text = b.Number, b.Text
	case b.empty():
		out.Number, out.Text = a.Number, a.Text
	default:
		if a.Number != nil && b.Number != nil && *a.Number == *b.Number {
			out.Number = a.Number
		}
		if a.Text != nil && b.Text != nil && *a.Text == *b.Text {
			out.Text = a.Text
		}
	}
	return out
}

func (v Value) empty() bool {
	return len(v.Paths)+len(v.Objects)+len(v.Functions) == 0 && v.Kinds == 0
}

func union[T comparable](a, b []T) []T {
	if len(a) == 0 {
		return b
	}
	out := a
	for _, x := range b {
		if len(out) >= maxAlternatives {
			break
		}
		if !slices.Contains(out, x) {
			out = append(out[:len(out):len(out)], x)
		}
	}
	return out
}

// Kind are the kinds that a value may be of, as far as they are known.
func (v Value) Kind() TypeSet {
	k := v.Kinds
	for _, p := range v.Paths {
		if p.From != nil && p.From.Step.Name == "files" && p.From.From != nil && p.From.From.Step.Root {
			k |= List // ctx.files.x
		}
	}
	for _, o := range v.Objects {
		k |= o.Kind
	}
	return k
}

// of are the objects of some kinds.
func (v Value) of(kinds TypeSet) []*MadeObject {
	var out []*MadeObject
	for _, o := range v.Objects {
		if o.Kind&kinds != 0 {
			out = append(out, o)
		}
	}
	return out
}

// Of are the value's objects of some kinds.
func (v Value) Of(kinds TypeSet) []*MadeObject { return v.of(kinds) }

// Count is how many elements a value is known to have.
func (v Value) Count() int64 {
	var n int64
	for _, o := range v.Objects {
		n = max(n, o.Count)
	}
	return n
}

// Bytes is what a value is known to hold, estimated.
func (v Value) Bytes() int64 {
	var n int64
	for _, o := range v.Objects {
		n = max(n, o.Bytes)
	}
	if v.Text != nil {
		n = max(n, int64(len(*v.Text)))
	}
	return n
}

// constant reports whether a value is made of nothing but constants.
func (v Value) constant() bool {
	if len(v.Paths) > 0 || len(v.Functions) > 0 {
		return false
	}
	for _, o := range v.Objects {
		if !o.Constant {
			return false
		}
	}
	return len(v.Objects) > 0 || v.Number != nil || v.Text != nil || v.Kinds&(Number|Nothing) != 0
}

func number(n int64) Value       { return Value{Number: &n, Kinds: Number} }
func text(s string) Value        { return Value{Text: &s, Kinds: String} }
func kinds(k TypeSet) Value      { return Value{Kinds: k} }
func object(o *MadeObject) Value { return Value{Objects: []*MadeObject{o}} }
func outside(p *Path) Value      { return Value{Paths: []*Path{p}} }
func function(f *Function) Value { return Value{Functions: []*Function{f}} }

const maxPath = 10

// step goes on from each path of a value.
func (v Value) step(s Step, at SourceRange) []*Path {
	var out []*Path
	for _, p := range v.Paths {
		if p.depth() < maxPath {
			out = append(out, &Path{From: p, Step: s, At: at})
		}
	}
	return out
}

func (p *Path) depth() int {
	n := 0
	for ; p != nil; p = p.From {
		n++
	}
	return n
}

// String is the path as one would write it, with [] for an element.
func (p *Path) String() string {
	switch {
	case p.From == nil:
		return p.Step.Name
	case p.Step.Provider != "":
		return p.From.String() + "[" + short(p.Step.Provider) + "]"
	case p.Step.Name == "":
		return p.From.String() + "[]"
	}
	return p.From.String() + "." + p.Step.Name
}

// same reports whether two paths are the same steps.
func (p *Path) same(q *Path) bool {
	for p != nil && q != nil && p != q {
		if p.Step != q.Step {
			return false
		}
		p, q = p.From, q.From
	}
	return p == q
}
