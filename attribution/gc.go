package attribution

import "fmt"

// GC pressure. Whoever fills the heap makes the collector run. The rate of
// collections during the function's own time is held against the rate over
// the rest of the same builds; both are collections per second of wall time.
//
// The ratio is shrunk by one collection on either side (as if one more had
// been seen where the rest's rate would expect it), so that a single one in
// 50 ms is no evidence. Near the end of a crashing build the collector runs
// for everybody, which is why this source stays well below a crash stack.
const gcCeiling = 0.35

// gcRateRatio is rate(own time) / rate(rest), as measured. The second result
// is false where either is not known: no collection in the rest, or no time.
func (n *nameEvidence) gcRateRatio() (float64, bool) {
	if n == nil || n.exclusive <= 0 || n.restMicros <= 0 || n.restEvents <= 0 {
		return 0, false
	}
	return (n.gc.Events / float64(n.exclusive)) / (n.restEvents / n.restMicros), true
}

func (n *nameEvidence) gcEvidence() finding {
	r, ok := n.gcRateRatio()
	if !ok {
		return finding{}
	}
	expected := float64(n.exclusive) * n.restEvents / n.restMicros
	shrunk := (n.gc.Events + 1) / (expected + 1)
	if shrunk <= 1 {
		return finding{}
	}
	return finding{
		weight: gcCeiling * (1 - 1/shrunk),
		reason: fmt.Sprintf("%s (%d major) in its %s of own time, %.2g times the rate over the rest of the build",
			plural(n.gc.Minor+n.gc.Major, "garbage collection", "garbage collections"), n.gc.Major, duration(n.exclusive), r),
	}
}
