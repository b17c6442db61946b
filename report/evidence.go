package report

import (
	"fmt"
	"strconv"

	"starlark-memls/attribution"
)

// An evidenceRow is one line of the table of evidence.
type evidenceRow struct{ label, value, meaning string }

// evidenceRows is the whole evidence on a function; what is not known has no
// row.
func evidenceRows(e *attribution.Evidence) []evidenceRow {
	var rows []evidenceRow
	add := func(known bool, label, meaning string, value func() string) {
		if known {
			rows = append(rows, evidenceRow{label, value(), meaning})
		}
	}
	outOf := func(n *int) func() string {
		return func() string {
			if e.Crashes == nil {
				return strconv.Itoa(*n)
			}
			return fmt.Sprintf("%d of %d", *n, *e.Crashes)
		}
	}
	add(e.CrashFrames != nil, "Crash stacks", "crashes with it on a failing Starlark stack", outOf(e.CrashFrames))
	add(e.ActiveAtCrash != nil, "Active at crashes", "crashes in which a call of it ended within 0.1 s of the last Starlark call", outOf(e.ActiveAtCrash))
	add(e.LastOnThread != nil, "Last on a thread", "crashes in which it was the last Starlark call of an evaluator thread", outOf(e.LastOnThread))
	add(e.WindowClose != nil && e.WindowMedium != nil && e.WindowFar != nil, "Calls before the end",
		"calls that ended within 0.1, 1 and 10 s of the last one, over all crashes",
		func() string { return fmt.Sprintf("%d, %d, %d", *e.WindowClose, *e.WindowMedium, *e.WindowFar) })
	add(e.Overrepresentation != nil, "Over-representation", "times more often active at crashes than its time in passing builds leads one to expect",
		func() string { return ratioText(*e.Overrepresentation) })
	add(e.PValue != nil, "p", "chance of as much by accident", func() string { return ratioText(*e.PValue) })
	add(e.QValue != nil, "q", "false discovery rate over all functions", func() string { return ratioText(*e.QValue) })
	add(e.GCRateRatio != nil, "GC rate ratio", "rate of collections in its own time against the rest of the build",
		func() string { return ratioText(*e.GCRateRatio) })
	add(e.GCEvents != nil, "Collections", "garbage collections that overlap its own time", func() string {
		if e.MajorGCEvents == nil {
			return strconv.Itoa(*e.GCEvents)
		}
		return fmt.Sprintf("%d, of these %d major", *e.GCEvents, *e.MajorGCEvents)
	})
	add(e.GCPauseMicros != nil, "GC pause", "their pause in its own time", func() string { return duration(*e.GCPauseMicros) })
	add(e.RestartRatio != nil, "Restart ratio", "calls at low limits against high ones", func() string { return ratioText(*e.RestartRatio) })
	add(e.Calls != nil, "Calls", "recorded calls", func() string { return strconv.Itoa(*e.Calls) })
	add(e.TotalMicros != nil, "Total time", "of its calls, with what they called", func() string { return duration(*e.TotalMicros) })
	add(e.SelfMicros != nil, "Own time", "without recorded Starlark calls that it made", func() string { return duration(*e.SelfMicros) })
	add(e.RetainedBytes != nil, "Retained", "live heap that hangs on what it made, estimated from a dump", func() string { return sizeText(*e.RetainedBytes) })
	add(e.AllocatedBytes != nil, "Allocated, flat", "live bytes allocated in the function itself, sampled", func() string { return sizeText(*e.AllocatedBytes) })
	add(e.AllocatedCumBytes != nil, "Allocated, cumulative", "with what it called", func() string { return sizeText(*e.AllocatedCumBytes) })
	add(e.CPUMicros != nil, "CPU time", "in the function itself, sampled every 10 ms", func() string { return duration(*e.CPUMicros) })
	return rows
}
