// SPDX-License-Identifier: Apache-2.0

package flow

import "slices"

// Amounts: how many elements an object has, and how many bytes it holds, as far
// as constants in the source say so. Sizes are those of a 64-bit Java machine
// with compressed references, rounded.
const (
	slotBytes   = 8
	stringBytes = 56 // a String and its array, without the characters
	entryBytes  = 48 // a dict's entry
	structBytes = 48
	numberBytes = 16
)

// most keeps products of loops from running over.
const most = int64(1) << 40

// times is how often the code here runs for one object, at least: the turns of
// the loops that were begun since it was made. How often a branch is taken by
// the loops around it is not known: once.
func (in *interpreter) times(o *MadeObject) int64 {
	n := int64(1)
	for i, l := range in.loops {
		if i < in.branch || i < len(o.Loops) && o.Loops[i].node == l.node {
			continue
		}
		n = min(most, n*max(1, l.Count))
	}
	return n
}

// weight is what a value adds where it is held once more; fresh, what it is
// made of is new each time.
func (in *interpreter) weight(v Value, holder *MadeObject) (each, once int64) {
	fresh := 0
	for _, o := range v.Objects {
		switch {
		case len(o.Loops) > len(holder.Loops) && o.Module == holder.Module:
			if fresh == 0 || o.Bytes < each {
				each = o.Bytes // of several that it may be, the smallest
			}
			fresh++
		case o != holder:
			once = max(once, o.Bytes)
		}
	}
	if fresh < len(v.Objects) || len(v.Paths) > 0 || v.Text != nil {
		each = 0 // it may be nothing new
	}
	if v.Kinds&Number != 0 {
		each = max(each, numberBytes)
	}
	return each, once
}

// frozen reports whether what is here may not change an object: it was made by
// the file's own code, or by a function that has returned to Bazel.
func (in *interpreter) frozen(o *MadeObject) bool { return o.by != in }

// add puts a value into an object as an element.
func (in *interpreter) add(o *MadeObject, v Value, at SourceRange) {
	if in.frozen(o) {
		return
	}
	in.hold(o, v, at)
	if !in.again {
		n := in.times(o)
		each, once := in.weight(v, o)
		slot := int64(slotBytes)
		if o.Kind == Dict {
			slot = entryBytes
		}
		o.Count = min(most, o.Count+n)
		o.Bytes = min(most, o.Bytes+n*(slot+each)+once)
	}
	// It has one element more for each turn of the loops since it was made.
	for i, l := range in.loops {
		if i < len(o.Loops) && o.Loops[i].node == l.node {
			continue
		}
		in.part(o, Part{Value: l.Over, Way: Copied, Flat: l.Over.flat(), At: at})
	}
}

// flat reports whether a value is a depset, or an object out of one.
func (v Value) flat() bool { return len(v.of(Depset)) > 0 }

// hold notes what an object holds, without an amount.
func (in *interpreter) hold(o *MadeObject, v Value, at SourceRange) {
	if in.frozen(o) {
		return
	}
	o.Elements = join(o.Elements, v)
	if !v.constant() {
		o.Constant = false
	}
}

// extend puts all elements of a value into an object.
func (in *interpreter) extend(o *MadeObject, v Value, at SourceRange) {
	if in.frozen(o) {
		return
	}
	in.part(o, Part{Value: v, Way: Copied, At: at})
	for _, from := range v.Objects {
		o.Elements = join(o.Elements, from.Elements)
		for name, f := range from.Fields {
			if o.Kind == Dict {
				if o.Fields == nil {
					o.Fields = map[string]Value{}
				}
				o.Fields[name] = join(o.Fields[name], f)
			}
		}
	}
	if !in.again {
		n := in.times(o)
		each, once := in.weight(v, o)
		o.Count = min(most, o.Count+n*v.Count())
		o.Bytes = min(most, o.Bytes+n*max(each, v.Count()*slotBytes)+once)
	}
	if !v.constant() {
		o.Constant = false
	}
}

const maxParts = 24

func (in *interpreter) part(o *MadeObject, p Part) {
	if in.frozen(o) {
		return
	}
	if !p.Value.constant() {
		o.Constant = false
	}
	if len(o.Parts) >= maxParts || len(p.Value.Paths)+len(p.Value.Objects) == 0 {
		return
	}
	if slices.ContainsFunc(o.Parts, func(q Part) bool {
		return q.Way == p.Way && q.Flat == p.Flat && q.At == p.At && slices.Equal(q.Value.Paths, p.Value.Paths) && slices.Equal(q.Value.Objects, p.Value.Objects)
	}) {
		return
	}
	o.Parts = append(o.Parts, p)
}
