// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"testing"

	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/threshold"
)

func TestForeseen(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	passed := func(limit, after int64) measurement.Record {
		r := measurement.Record{Status: measurement.OK, MemoryLimitBytes: limit * mib}
		if after > 0 {
			bytes := after * mib
			r.Heap = &measurement.HeapRecord{PeakAfterBytes: &bytes}
		}
		return r
	}
	crashed := measurement.Record{Status: measurement.OutOfMemory, MemoryLimitBytes: 100 * mib}
	within := threshold.Range{LowBytes: 64 * mib, HighBytes: 2048 * mib}
	for name, test := range map[string]struct {
		records   []measurement.Record
		low, high int64 // of the limit in MiB; 0: none is foreseen
	}{
		"nothing":                     {nil, 0, 0},
		"one that passed":             {[]measurement.Record{passed(1000, 400)}, 300, 400},
		"the lowest counts":           {[]measurement.Record{passed(1000, 400), passed(380, 200), passed(900, 500)}, 150, 200},
		"without counters":            {[]measurement.Record{passed(1000, 0)}, 0, 0},
		"a crash knows better":        {[]measurement.Record{passed(1000, 400), crashed}, 0, 0},
		"no step worth a build":       {[]measurement.Record{passed(400, 410)}, 0, 0},
		"not below where is searched": {[]measurement.Record{passed(1000, 20)}, 64, 64},
	} {
		var f foreseen
		for _, r := range test.records {
			f.learn(r)
		}
		limit, ok := f.limit(within, mib)
		if ok != (test.low > 0) || ok && (limit < test.low*mib || limit > test.high*mib || limit%mib != 0) {
			t.Errorf("%s: %d MiB, %v, want %d to %d", name, limit/mib, ok, test.low, test.high)
		}
	}
}
