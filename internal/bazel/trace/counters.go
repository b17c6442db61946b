// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"cmp"
	"slices"
)

// A CounterSample is a counter's value at a time.
type CounterSample struct {
	Micros int64
	Value  float64
}

// A MemoryRecorder collects CounterMemory among the events given to it. Bazel
// writes it at the very end, so a profile that is cut has none. Its zero value
// is ready for use.
type MemoryRecorder struct{ samples []CounterSample }

// maxSamples bounds the samples: 12 days of the buckets of 1 s that Bazel has.
const maxSamples = 1 << 20

// Add records e if it is the counter, and ignores it otherwise. Of several
// values the sum counts. One without values is a zero that Bazel left out.
func (r *MemoryRecorder) Add(e *Event) {
	if e.Phase != 'C' || e.Name != CounterMemory || len(r.samples) == maxSamples {
		return
	}
	var sum float64
	for _, a := range e.Args {
		sum += a.Number
	}
	r.samples = append(r.samples, CounterSample{e.StartMicros, sum})
}

// Samples are the values by time, in MiB; nil if the profile has none.
func (r *MemoryRecorder) Samples() []CounterSample {
	samples := slices.Clone(r.samples)
	slices.SortStableFunc(samples, func(a, b CounterSample) int { return cmp.Compare(a.Micros, b.Micros) })
	return samples
}
