package trace

import (
	"cmp"
	"maps"
	"slices"
)

// A Sample is a counter's value at a time.
type Sample struct {
	Micros int64
	Value  float64
}

// A CounterRecorder collects the counters among the events given to it: of
// those in names, or of all if there are no names. Bazel writes them at the
// very end, so a profile that is cut has none.
type CounterRecorder struct {
	names  []string
	series map[string][]Sample
}

// RecordCounters returns a recorder of the counters with these names, such as
// CounterMemory.
func RecordCounters(names ...string) *CounterRecorder {
	return &CounterRecorder{names: names, series: map[string][]Sample{}}
}

// maxSamples bounds one series: 12 days of the buckets of 1 s that Bazel has.
const maxSamples = 1 << 20

// Add records e if it is such a counter, and ignores it otherwise. A counter
// of several values (pressure stall levels) is recorded as their sum. One
// without values is a zero that Bazel left out.
func (r *CounterRecorder) Add(e *Event) {
	if e.Phase != 'C' || len(r.names) > 0 && !slices.Contains(r.names, e.Name) {
		return
	}
	series, known := r.series[e.Name]
	if len(series) == maxSamples || !known && len(r.series) == maxSeries {
		return
	}
	var sum float64
	for _, a := range e.Args {
		sum += a.Number
	}
	r.series[e.Name] = append(series, Sample{e.StartMicros, sum})
}

// maxSeries bounds the counters; Bazel has about 25.
const maxSeries = 1000

// Names are the counters that occurred, sorted.
func (r *CounterRecorder) Names() []string { return slices.Sorted(maps.Keys(r.series)) }

// Series is one counter over time, by time; nil if the profile has none. For
// CounterMemory the values are MB.
func (r *CounterRecorder) Series(name string) []Sample {
	series := slices.Clone(r.series[name])
	slices.SortStableFunc(series, func(a, b Sample) int { return cmp.Compare(a.Micros, b.Micros) })
	return series
}
