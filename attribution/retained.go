package attribution

import (
	"cmp"
	"fmt"
	"slices"

	"example.invalid/starlark-memls/internal/quantity"
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
const (
	retainedCeiling = 0.98
	retainedFull    = 0.5
)

// A heldField is what instances that a function has made hold in one field.
type heldField struct {
	name             string // "TraversedInfo.text"
	line             int    // where they were made, in the sources of now
	bytes, instances int64
}

// fields ties what the fields of instances hold to the functions that made
// the instances: a dump has the file and line of the constructor's call, and
// the sources tell which function stands around it.
func (j *joiner) fields() {
	if j.ws == nil {
		return
	}
	for _, f := range j.body.fields {
		at := printedPlace{file: f.File, line: f.Line}
		at.function = j.madeIn(at)
		if at.function == "" {
			continue
		}
		p := j.place(at)
		if p.gone || p.definition == nil {
			continue
		}
		s := j.subjects.of(at.function, p.definition, f.File)
		s.stale = s.stale || p.stale
		s.addField(heldField{f.Provider + "." + f.Field, p.line, f.Bytes, f.Instances})
	}
	for _, s := range j.subjects.list {
		slices.SortStableFunc(s.fields, func(a, b heldField) int { return cmp.Compare(b.bytes, a.bytes) })
	}
}

// addField adds what one dump says; several dumps add up, as their heaps do.
func (s *subject) addField(f heldField) {
	for i := range s.fields {
		if old := &s.fields[i]; old.name == f.name && old.line == f.line {
			old.bytes, old.instances = old.bytes+f.bytes, old.instances+f.instances
			return
		}
	}
	s.fields = append(s.fields, f)
}

// madeIn names the function around a place: as the first report found it,
// because the lines may have moved since.
func (j *joiner) madeIn(at printedPlace) string {
	if j.was != nil {
		if name, anchored := j.was.made[at]; anchored {
			return name
		}
	}
	r := resolvePath(j.ws, at.file)
	if r.Path == "" {
		return ""
	}
	d := j.ws.At(r.Path, at.line)
	if d == nil {
		return ""
	}
	j.now.made[at] = d.Name
	return d.Name
}

// holds reports whether a dump tells what the function holds.
func (s *subject) holds() bool { return s.retained != nil || len(s.fields) > 0 }

// heldBytes is what a dump says that it holds.
func (s *subject) heldBytes() int64 {
	var own int64
	if s.retained != nil {
		own = s.retained.flat
	}
	return max(own, s.fieldBytes())
}

func (s *subject) fieldBytes() (sum int64) {
	for _, f := range s.fields {
		sum += f.bytes
	}
	return sum
}

func (s *subject) retainedEvidence(b *body) finding {
	if !s.holds() {
		return finding{}
	}
	f := finding{
		weight: retainedCeiling * clamp01(ratio(s.heldBytes(), b.held)/retainedFull),
		reason: fmt.Sprintf("%s of the %s live heap is retained by what it made (estimated from the dump)",
			quantity.Bytes(s.heldBytes()), quantity.Bytes(b.held)),
	}
	if g, ok := s.heldGrowth(); ok && g.Worse() {
		f.reason += fmt.Sprintf(", %s-fold when the limit is halved (95 %%: %s to %s)", quantity.Ratio(g.Ratio), quantity.Ratio(g.Low), quantity.Ratio(g.High))
	}
	if len(s.fields) > 0 && s.fieldBytes() == s.heldBytes() {
		most := s.fields[0]
		f.reason += fmt.Sprintf(", %s of it in %s of %s made at line %d",
			quantity.Bytes(most.bytes), most.name, quantity.Count(int(most.instances), "instance", "instances"), most.line)
	}
	return f
}
