// SPDX-License-Identifier: Apache-2.0

package join

import (
	"cmp"
	"slices"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/stats"
)

// Retained bytes, from a heap dump: what would be freed if all that the
// function made were gone. That is the question itself, so it outweighs a stack,
// which shows who asked last: on the recorded corpus the failing frame was a
// shared helper's as often as the function's that had filled the heap. Half of
// the live heap has the whole weight, for Bazel itself has a part always.
//
// A dump divides the heap in two ways, and each is blind where the other sees.
// By implementing function: what the targets and aspects that it computed hold
// alone; a string that travels up a chain of targets is shared by them all and
// nobody's. By provider and field: what the instances hold, wherever they have
// gone, with the place where they were made; it does not see what is still in
// a variable. They count the same bytes, so the greater counts, not the sum.

// Several dumps are several heaps. What a function holds in each is a share of
// that one; shares are never added, and the largest speaks, with its crash.

// A HeldField is what instances that a function has made hold in one field.
type HeldField struct {
	Name             string // "TraversedInfo.text"
	Line             int    // where they were made, in the sources of now
	Bytes, Instances int64
}

// A HeldShare is what one function holds in one dump.
type HeldShare struct {
	In     *observe.Observation
	Own    int64       // by implementing function
	Fields []HeldField // the largest first
	Frames []observe.FrameFacts
}

// bytes are the greater of the two divisions' (see above).
func (h HeldShare) Bytes() int64 { return max(h.Own, h.FieldBytes()) }

func (h HeldShare) FieldBytes() (sum int64) {
	for _, f := range h.Fields {
		sum += f.Bytes
	}
	return sum
}

func (h HeldShare) Share() float64 { return stats.Part(h.Bytes(), h.In.LiveHeapBytes()) }

// held ties what dumps say to the functions: by the place of the function, and of
// what the fields of instances hold, by the function around the constructor's
// call, whose file and line a dump has.
func (j *Joined) held() {
	for _, o := range j.Observed.Observations {
		if o.Retained != nil {
			j.heldIn(o)
		}
	}
	for _, s := range j.Subjects.List {
		slices.SortStableFunc(s.Held, func(a, b HeldShare) int { return cmp.Compare(b.Share(), a.Share()) })
	}
}

func (j *Joined) heldIn(o *observe.Observation) {
	shares := map[*Subject]*HeldShare{}
	var order []*Subject
	of := func(s *Subject) *HeldShare {
		if shares[s] == nil {
			shares[s] = &HeldShare{In: o}
			order = append(order, s)
		}
		return shares[s]
	}
	for _, f := range o.Retained.Functions {
		if observe.IsBuiltin(f.File) {
			continue
		}
		for _, l := range f.Lines {
			at := j.place(printedPlace{f.Name, f.File, l.Line})
			if at.gone {
				continue
			}
			s := j.Subjects.of(f.Name, at.definition, f.File)
			s.Stale = s.Stale || at.stale
			of(s).Own += l.Flat
		}
	}
	for _, f := range o.Frames {
		if at := j.place(printedPlace{f.Function, f.Defined, f.DefinedLine}); !at.gone {
			of(j.Subjects.of(f.Function, at.definition, f.Defined)).Frames = append(of(j.Subjects.of(f.Function, at.definition, f.Defined)).Frames, f)
		}
	}
	for _, f := range o.Fields {
		at := printedPlace{file: f.File, line: f.Line}
		if at.function = j.makerAt(at); at.function == "" {
			continue
		}
		p := j.place(at)
		if p.gone || p.definition == nil {
			continue
		}
		s := j.Subjects.of(at.function, p.definition, f.File)
		s.Stale = s.Stale || p.stale
		of(s).add(HeldField{f.Name(), p.line, f.Bytes, f.Instances})
	}
	for _, s := range order {
		h := shares[s]
		slices.SortStableFunc(h.Fields, func(a, b HeldField) int { return cmp.Compare(b.Bytes, a.Bytes) })
		s.Held = append(s.Held, *h)
	}
}

func (h *HeldShare) add(f HeldField) {
	for i := range h.Fields {
		if old := &h.Fields[i]; old.Name == f.Name && old.Line == f.Line {
			old.Bytes, old.Instances = old.Bytes+f.Bytes, old.Instances+f.Instances
			return
		}
	}
	h.Fields = append(h.Fields, f)
}

// madeIn names the function around a place: as the first report found it,
// because the lines may have moved since.
func (j *Joined) madeIn(at printedPlace) string {
	if j.was != nil {
		if name, anchored := j.was.made[at]; anchored {
			return name
		}
	}
	r := resolvePath(j.Workspace, at.file)
	if r.Path == "" {
		return ""
	}
	d := j.Workspace.At(r.Path, at.line)
	if d == nil {
		return ""
	}
	j.now.made[at] = d.Name
	return d.Name
}

// makerAt is madeIn for whom there are sources.
func (j *Joined) makerAt(at printedPlace) string {
	if j.Workspace == nil {
		return ""
	}
	return j.madeIn(at)
}

// holds reports whether a dump tells what the function holds.
func (s *Subject) Holds() bool { return len(s.Held) > 0 }

// most is the dump of which it holds the largest share.
func (s *Subject) Most() HeldShare {
	if len(s.Held) == 0 {
		return HeldShare{In: &observe.Observation{}}
	}
	return s.Held[0]
}

// heldBytes is what that dump says that it holds, heldPart the share.
func (s *Subject) HeldBytes() int64  { return s.Most().Bytes() }
func (s *Subject) HeldPart() float64 { return s.Most().Share() }

// dumpsWith counts the dumps of which it holds that share or more.
func (s *Subject) DumpsWith(share float64) (n int) {
	for _, h := range s.Held {
		if h.Share() >= share {
			n++
		}
	}
	return n
}
