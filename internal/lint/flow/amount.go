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

// times is how often the code here runs for one object: the turns of the loops
// that were begun since it was made.
func (in *interpreter) times(o *Object) int64 {
	n := int64(1)
	for i, l := range in.loops {
		if i < len(o.Loops) && o.Loops[i].node == l.node {
			continue
		}
		n = min(most, n*max(1, l.Count))
	}
	return n
}

// weight is what a value adds where it is held once more; fresh, what it is
// made of is new each time.
func (in *interpreter) weight(v Value, holder *Object) (each, once int64) {
	for _, o := range v.Objects {
		if len(o.Loops) > len(holder.Loops) && o.Module == holder.Module {
			each = max(each, o.Bytes)
		} else if o != holder {
			once = max(once, o.Bytes)
		}
	}
	if v.Kinds&Number != 0 {
		each = max(each, numberBytes)
	}
	return each, once
}

// add puts a value into an object as an element.
func (in *interpreter) add(o *Object, v Value, at Place) {
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
func (in *interpreter) hold(o *Object, v Value, at Place) {
	o.Elements = join(o.Elements, v)
	if !v.constant() {
		o.Constant = false
	}
}

// extend puts all elements of a value into an object.
func (in *interpreter) extend(o *Object, v Value, at Place) {
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

func (in *interpreter) part(o *Object, p Part) {
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
