// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"example.invalid/starlark-memls/internal/gauge"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/threshold"
)

// A foreseen is the limit that the counters of builds that passed ask for. As
// long as none has crashed, it says more than the choice of a search that knows
// outcomes only.
type foreseen struct {
	crashed bool
	passed  int64 // the lowest limit under which a build passed; 0: none did
	bytes   int64 // that its counters ask for; 0: they were not seen
}

// learn takes an outcome in.
func (f *foreseen) learn(r measurement.Record) {
	switch {
	case r.Status.Crashed(), r.Status == measurement.Timeout, measurement.NeverStarted(r):
		f.crashed = true
	case r.Status == measurement.OK && (f.passed == 0 || r.MemoryLimitBytes < f.passed):
		f.passed, f.bytes = r.MemoryLimitBytes, 0
		if h := r.Heap; h != nil && h.PeakAfterBytes != nil {
			f.bytes = gauge.NeedOf(*h.PeakAfterBytes, r.MemoryLimitBytes).Bytes
		}
	}
}

// limit is where to build next; ok is false where the outcomes know better, or
// the step down would be less than a tenth.
func (f foreseen) limit(r threshold.Range, step int64) (limit int64, ok bool) {
	step = max(step, 1)
	limit = max(f.bytes/step*step, r.LowBytes)
	return limit, !f.crashed && f.bytes > 0 && limit <= r.HighBytes && float64(limit) < 0.9*float64(f.passed)
}
