package attribution

import (
	"cmp"
	"fmt"
	"slices"

	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/attribution/weights"
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

// Several dumps are several heaps. What a function holds in each is a share of
// that one; shares are never added, and the largest speaks, with its crash.

// A heldField is what instances that a function has made hold in one field.
type heldField struct {
	name             string // "TraversedInfo.text"
	line             int    // where they were made, in the sources of now
	bytes, instances int64
}

// A heldShare is what one function holds in one dump.
type heldShare struct {
	in     *observe.Observation
	own    int64       // by implementing function
	fields []heldField // the largest first
	frames []observe.FrameFacts
}

// bytes are the greater of the two divisions' (see above).
func (h heldShare) bytes() int64 { return max(h.own, h.fieldBytes()) }

func (h heldShare) fieldBytes() (sum int64) {
	for _, f := range h.fields {
		sum += f.bytes
	}
	return sum
}

func (h heldShare) share() float64 { return stats.Part(h.bytes(), h.in.LiveHeapBytes()) }

// held ties what dumps say to the functions: by the place of the function, and of
// what the fields of instances hold, by the function around the constructor's
// call, whose file and line a dump has.
func (j *joiner) held() {
	for _, o := range j.observed.Observations {
		if o.Retained != nil {
			j.heldIn(o)
		}
	}
	for _, s := range j.subjects.list {
		slices.SortStableFunc(s.held, func(a, b heldShare) int { return cmp.Compare(b.share(), a.share()) })
	}
}

func (j *joiner) heldIn(o *observe.Observation) {
	shares := map[*subject]*heldShare{}
	var order []*subject
	of := func(s *subject) *heldShare {
		if shares[s] == nil {
			shares[s] = &heldShare{in: o}
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
			s := j.subjects.of(f.Name, at.definition, f.File)
			s.stale = s.stale || at.stale
			of(s).own += l.Flat
		}
	}
	for _, f := range o.Frames {
		if at := j.place(printedPlace{f.Function, f.Defined, f.DefinedLine}); !at.gone {
			of(j.subjects.of(f.Function, at.definition, f.Defined)).frames = append(of(j.subjects.of(f.Function, at.definition, f.Defined)).frames, f)
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
		s := j.subjects.of(at.function, p.definition, f.File)
		s.stale = s.stale || p.stale
		of(s).add(heldField{f.Name(), p.line, f.Bytes, f.Instances})
	}
	for _, s := range order {
		h := shares[s]
		slices.SortStableFunc(h.fields, func(a, b heldField) int { return cmp.Compare(b.bytes, a.bytes) })
		s.held = append(s.held, *h)
	}
}

func (h *heldShare) add(f heldField) {
	for i := range h.fields {
		if old := &h.fields[i]; old.name == f.name && old.line == f.line {
			old.bytes, old.instances = old.bytes+f.bytes, old.instances+f.instances
			return
		}
	}
	h.fields = append(h.fields, f)
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

// makerAt is madeIn for whom there are sources.
func (j *joiner) makerAt(at printedPlace) string {
	if j.ws == nil {
		return ""
	}
	return j.madeIn(at)
}

// holds reports whether a dump tells what the function holds.
func (s *subject) holds() bool { return len(s.held) > 0 }

// most is the dump of which it holds the largest share.
func (s *subject) most() heldShare {
	if len(s.held) == 0 {
		return heldShare{in: &observe.Observation{}}
	}
	return s.held[0]
}

// heldBytes is what that dump says that it holds, heldPart the share.
func (s *subject) heldBytes() int64  { return s.most().bytes() }
func (s *subject) heldPart() float64 { return s.most().share() }

func (s *subject) retainedEvidence(b *aggregate.Statistics) finding {
	if !s.holds() {
		return finding{}
	}
	most := s.most()
	f := finding{
		weight: weights.RetainedCeiling * stats.Clamp01(most.share()/weights.RetainedFull),
		reason: fmt.Sprintf("what it made keeps %s of the %s live heap in memory (estimated from the heap dump)", quantity.Bytes(most.bytes()), quantity.Bytes(most.in.LiveHeapBytes())),
	}
	if frames := most.frames; len(frames) > 0 && 2*frames[0].Bytes >= most.bytes() {
		f.reason = fmt.Sprintf("%s of the %s live heap %s (estimated from the heap dump)", quantity.Bytes(most.bytes()), quantity.Bytes(most.in.LiveHeapBytes()), frames[0].Words())
	}
	if b.Dumps > 1 {
		f.reason += fmt.Sprintf(", the most of %d dumps", b.Dumps)
		if n := s.dumpsWith(weights.SureRetained); n > 1 {
			f.reason += fmt.Sprintf("; half or more in %d", n)
		}
	}
	if g, ok := s.heldGrowth(); ok && g.Worse() {
		f.reason += fmt.Sprintf(", growing %s-fold each time the memory limit is halved (95 %%: %s to %s)", quantity.Ratio(g.Ratio), quantity.Ratio(g.Low), quantity.Ratio(g.High))
	}
	if len(most.fields) > 0 && most.fieldBytes() == most.bytes() {
		field := most.fields[0]
		f.reason += fmt.Sprintf(", %s of it in %s of %s made at line %d",
			quantity.Bytes(field.bytes), field.name, quantity.Count(int(field.instances), "instance", "instances"), field.line)
	}
	return f
}

// dumpsWith counts the dumps of which it holds that share or more.
func (s *subject) dumpsWith(share float64) (n int) {
	for _, h := range s.held {
		if h.share() >= share {
			n++
		}
	}
	return n
}
