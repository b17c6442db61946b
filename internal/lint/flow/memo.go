// SPDX-License-Identifier: Apache-2.0

package flow

import (
	"hash/maphash"
	"maps"
	"slices"

	"go.starlark.net/syntax"
)

// Helpers are called from everywhere with the same: the context, its attributes,
// constants. What such a call gives is kept, and given to the next one, whoever
// Bazel calls: each place is reported once anyway. A call is kept only where its
// arguments hold nothing that the function could change.

// A callKey tells calls apart that may give different results.
type callKey struct {
	def  *syntax.DefStmt
	kind string // the root's
	args uint64
}

// A kept result was found at a depth; cut, calls below it were too deep to be
// followed.
type kept struct {
	value Value
	depth int
	cut   bool
}

// remembered is the result of an earlier call with the same arguments. One that
// was cut serves those that are as deep.
func (in *interpreter) remembered(key callKey, depth int) (Value, bool) {
	k, ok := in.memo[key]
	if !ok || k.cut && k.depth > depth {
		return Value{}, false
	}
	c := copier{in: in, done: map[*MadeObject]*MadeObject{}}
	return c.value(k.value, 0), true
}

// key is that of a call, where its result may be kept.
func (in *interpreter) key(fn *Function, a *arguments) (callKey, bool) {
	if fn.def == nil || fn.outer != nil && fn.outer != fn.module.globals || in.current.Kind != "function" && !in.current.PerTarget() {
		return callKey{}, false
	}
	h := hasher{in: in}
	for _, l := range in.loops {
		h.comparable(l.node)
	}
	for _, v := range a.positional {
		h.number(1)
		h.value(v, 0)
	}
	for _, name := range slices.Sorted(maps.Keys(a.named)) {
		h.string(name)
		h.value(a.named[name], 0)
	}
	if !a.rest.empty() {
		h.number(2)
		h.value(a.rest, 0)
	}
	return callKey{fn.def, in.current.Kind, h.sum}, !h.open
}

var seed = maphash.MakeSeed()

// A hasher sums up values. It is open where a value can change, or is too deep
// to be looked through.
type hasher struct {
	in   *interpreter
	sum  uint64
	open bool
}

func (h *hasher) number(n uint64) { h.sum = (h.sum ^ n) * 0x9e3779b97f4a7c15; h.sum ^= h.sum >> 29 }

func (h *hasher) string(s string) { h.number(maphash.String(seed, s)) }

func (h *hasher) comparable(x any) { h.number(maphash.Comparable(seed, x)) }

const maxHashed = 5

func (h *hasher) value(v Value, deep int) {
	if h.open || deep > maxHashed {
		h.open = true
		return
	}
	h.number(uint64(v.Kinds)<<32 | uint64(len(v.Paths))<<16 | uint64(len(v.Objects))<<8 | uint64(len(v.Functions)))
	if v.Number != nil {
		h.number(uint64(*v.Number))
	}
	if v.Text != nil {
		h.string(*v.Text)
	}
	for _, p := range v.Paths {
		for ; p != nil; p = p.From {
			h.string(p.Step.Name)
			h.string(p.Step.Provider)
		}
		h.number(3)
	}
	for _, f := range v.Functions {
		if f.lambda != nil || f.outer != nil && f.outer != f.module.globals {
			h.open = true
			return
		}
		h.comparable(f.def)
		h.string(f.Builtin)
		h.string(f.Provider)
		h.string(f.Maker)
		h.value(f.receiver, deep+1)
	}
	for _, o := range v.Objects {
		h.object(o, deep)
	}
}

func (h *hasher) object(o *MadeObject, deep int) {
	switch {
	case h.in.frozen(o):
		h.comparable(o)
		return
	case o.Kind&(List|Dict|Arguments) != 0:
		h.open = true
		return
	}
	h.number(uint64(o.Kind))
	h.string(o.At.File)
	h.number(uint64(o.At.Line)<<32 | uint64(o.At.Column))
	h.number(uint64(o.Count))
	h.number(uint64(o.Bytes))
	h.value(o.Elements, deep+1)
	for _, name := range slices.Sorted(maps.Keys(o.Fields)) {
		h.string(name)
		h.value(o.Fields[name], deep+1)
	}
	for _, p := range o.Parts {
		h.number(uint64(p.Way))
		h.value(p.Value, deep+1)
	}
}

// A copier gives a caller lists and dicts of its own, which it may change.
type copier struct {
	in   *interpreter
	done map[*MadeObject]*MadeObject
}

func (c copier) value(v Value, deep int) Value {
	if deep > maxHashed {
		return v
	}
	var objects []*MadeObject
	for i, o := range v.Objects {
		n := c.object(o, deep)
		if n != o && objects == nil {
			objects = slices.Clone(v.Objects)
		}
		if objects != nil {
			objects[i] = n
		}
	}
	if objects != nil {
		v.Objects = objects
	}
	return v
}

func (c copier) object(o *MadeObject, deep int) *MadeObject {
	if n, ok := c.done[o]; ok {
		return n
	}
	c.done[o] = o
	if c.in.frozen(o) || o.Kind&(List|Dict|Struct|Instance|Tuple) == 0 {
		return o
	}
	changes := o.Kind&(List|Dict) != 0
	elements := c.value(o.Elements, deep+1)
	changes = changes || !slices.Equal(elements.Objects, o.Elements.Objects)
	fields := make(map[string]Value, len(o.Fields))
	for name, v := range o.Fields {
		fields[name] = c.value(v, deep+1)
		changes = changes || !slices.Equal(fields[name].Objects, v.Objects)
	}
	if !changes {
		return o
	}
	n := *o
	n.Elements, n.Parts = elements, slices.Clip(o.Parts)
	if o.Fields != nil {
		n.Fields = fields
	}
	n.items = nil
	for _, v := range o.items {
		n.items = append(n.items, c.value(v, deep+1))
	}
	c.done[o] = &n
	return &n
}
