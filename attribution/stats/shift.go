package stats

import "math/rand/v2"

// A Stretch is a half-open interval of time.
type Stretch struct{ Start, End int64 }

// CircularShift is the p-value of as much coincidence by chance: how often,
// with all events moved together around the period by a random amount, at
// least as many fall into the stretches as do in place. Moving them together
// keeps their clusters, and the stretches theirs, so that neither is taken for
// evidence (Amarasingham et al. 2012, J. Neurophysiol. 107:517).
//
// Stretches are sorted and disjoint, inside the period; events are instants in
// it. One is added to either count (Phipson & Smyth 2010, Stat. Appl. Genet.
// Mol. Biol. 9:39), so the least p is 1/(draws+1). The same seed gives the
// same p.
func CircularShift(stretches []Stretch, events []int64, period Stretch, draws int, seed uint64) (inside int, p float64) {
	length := period.End - period.Start
	if length <= 0 || len(events) == 0 || len(stretches) == 0 {
		return 0, 1
	}
	r := rand.New(rand.NewPCG(seed, uint64(len(events))))
	count := func(by int64) int {
		n := 0
		for _, e := range events {
			at := period.Start + (e-period.Start+by)%length
			if within(stretches, at) {
				n++
			}
		}
		return n
	}
	inside = count(0)
	more := 0
	for range draws {
		if count(r.Int64N(length)) >= inside {
			more++
		}
	}
	return inside, float64(more+1) / float64(draws+1)
}

func within(stretches []Stretch, at int64) bool {
	low, high := 0, len(stretches)
	for low < high {
		middle := (low + high) / 2
		if stretches[middle].End <= at {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low < len(stretches) && stretches[low].Start <= at
}
