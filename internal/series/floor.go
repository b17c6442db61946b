// SPDX-License-Identifier: Apache-2.0

package series

import (
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/threshold"
)

// Floor predicts, from builds that all passed, the limit below which this
// build cannot pass: from what garbage collection cost under each limit. It
// is a prediction and no observation (threshold.Floor says what it rests on);
// the error is threshold.ErrFewCosts where the builds do not bear one.
func Floor(rows []Row, mode string) (threshold.Interval, error) {
	var costs []threshold.GCCost
	for i := range rows {
		r := &rows[i]
		if r.Status == measurement.OK && r.Mode == mode && !r.Warmup && r.Profile != nil && r.Profile.GCs.PauseMicros() > 0 {
			costs = append(costs, threshold.GCCost{LimitBytes: r.MemoryLimitBytes, PauseMicros: float64(r.Profile.GCs.PauseMicros())})
		}
	}
	return threshold.Floor(costs)
}
