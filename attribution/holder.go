package attribution

import (
	"fmt"

	"example.invalid/starlark-memls/internal/quantity"
)

// Who held the heap at one crash. The Report's ranking adds up all dumps; a
// crash that names no function of its own (in the execution phase no Starlark
// is on any stack, and what ran last need not be what holds the memory) is to be
// answered from its own dump.

// heldAt is what each function's work held in the dump of one measurement. As in
// the ranking (retained.go), of the dump's two divisions the greater counts.
func (j *joiner) heldAt(o *Observation) map[*subject]int64 {
	if o.Retained == nil {
		return nil
	}
	own, inFields := map[*subject]int64{}, map[*subject]int64{}
	for _, f := range o.Retained.Functions {
		for _, l := range f.Lines {
			if s := j.placed(printedPlace{f.Name, f.File, l.Line}); s != nil {
				own[s] += l.Flat
			}
		}
	}
	for _, f := range o.Fields {
		at := printedPlace{file: f.File, line: f.Line}
		if at.function = j.makerAt(at); at.function == "" {
			continue
		}
		if s := j.placed(at); s != nil {
			inFields[s] += f.Bytes
		}
	}
	for s, n := range inFields {
		own[s] = max(own[s], n)
	}
	return own
}

// placed is the subject at a place that was located before, or nil.
func (j *joiner) placed(at printedPlace) *subject {
	p := j.place(at)
	if p.gone {
		return nil
	}
	key := subjectKey{name: at.function, file: at.file}
	if p.definition != nil {
		key = definitionKey(p.definition)
	}
	return j.subjects.byKey[key]
}

// makerAt is madeIn for whom there are sources.
func (j *joiner) makerAt(at printedPlace) string {
	if j.ws == nil {
		return ""
	}
	return j.madeIn(at)
}

// holding is how much a share of the live heap says that its holder is to blame
// for this crash.
func holding(held int64, o *Observation) float64 {
	if o.Retained == nil {
		return 0
	}
	return retainedCeiling * clamp01(ratio(held, o.Retained.Total)/retainedFull)
}

// holdingWhy says it in words, from a hundredth of the heap on.
func holdingWhy(held int64, o *Observation) string {
	if o.Retained == nil || ratio(held, o.Retained.Total) < 0.01 {
		return ""
	}
	return fmt.Sprintf("; in its heap dump %s of the %s live heap is retained by what the function made", quantity.Bytes(held), quantity.Bytes(o.Retained.Total))
}
