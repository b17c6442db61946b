package report

import (
	"fmt"
	"math"
	"strconv"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/internal/quantity"
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
		func() string {
			return withInterval(*e.Overrepresentation, e.OverrepresentationLow, e.OverrepresentationHigh)
		})
	add(e.ExpectedActive != nil, "Expected active", "crashes at which its share of thread time in the same phase of passing builds would have it active", func() string { return quantity.Figure(*e.ExpectedActive) })
	add(e.Increase != nil, "Increase", "how much likelier a crash is where it was active at the end than where it ran at all", func() string { return withInterval(*e.Increase, e.IncreaseLow, e.IncreaseHigh) })
	add(e.Importance != nil, "Importance", "harmonic mean of Increase and of the share of crashes, on a logarithmic scale", func() string { return quantity.Figure(*e.Importance) })
	add(e.Ochiai != nil && e.Tarantula != nil, "Ochiai, Tarantula", "plain rankings of presence, to compare with", func() string { return quantity.Figure(*e.Ochiai) + ", " + quantity.Figure(*e.Tarantula) })
	add(e.StratifiedOdds != nil, "Odds, limit by limit", "of being active at the end of a crash against that of a build that passed under the same limit", func() string {
		return withInterval(*e.StratifiedOdds, e.StratifiedOddsLow, e.StratifiedOddsHigh)
	})
	add(e.StratifiedP != nil, "p, limit by limit", "exact chance of such tables by accident, the limits being kept apart", func() string { return quantity.Figure(*e.StratifiedP) })
	add(e.SurvivalShare != nil, "Survival", "part of what minor collections copied to keep it, by their pauses", func() string { return quantity.Share(*e.SurvivalShare) })
	add(e.PValue != nil, "p", "chance of as much by accident", func() string { return quantity.Figure(*e.PValue) })
	add(e.QValue != nil, "q", "false discovery rate over all functions", func() string { return quantity.Figure(*e.QValue) })
	add(e.GCRateRatio != nil, "GC rate ratio", "rate of collections in its own time against the rest of the same phases",
		func() string { return withInterval(*e.GCRateRatio, e.GCRateRatioLow, e.GCRateRatioHigh) })
	add(e.GCEvents != nil, "Collections", "garbage collections that overlap its own time", func() string {
		if e.MajorGCEvents == nil {
			return strconv.Itoa(*e.GCEvents)
		}
		return fmt.Sprintf("%d, of these %d major", *e.GCEvents, *e.MajorGCEvents)
	})
	add(e.GCPauseMicros != nil, "GC pause", "their pause in its own time", func() string { return quantity.Micros(*e.GCPauseMicros) })
	add(e.RestartRatio != nil, "Restart ratio", "calls at low limits against high ones", func() string { return withInterval(*e.RestartRatio, e.RestartRatioLow, e.RestartRatioHigh) })
	add(e.Growth != nil, "Growth", "factor of its own time when the limit is halved", func() string { return withInterval(*e.Growth, e.GrowthLow, e.GrowthHigh) })
	add(e.CallsGrowth != nil, "Growth of calls", "factor when the limit is halved", func() string { return withInterval(*e.CallsGrowth, e.CallsGrowthLow, e.CallsGrowthHigh) })
	add(e.GCGrowth != nil, "Growth of GC share", "factor of the share of its own time in collections when the limit is halved", func() string { return withInterval(*e.GCGrowth, e.GCGrowthLow, e.GCGrowthHigh) })
	add(e.RetainedGrowth != nil, "Growth of bytes", "factor of what dumps, or else allocation profiles, put down to it when the limit is halved", func() string {
		return withInterval(*e.RetainedGrowth, e.RetainedGrowthLow, e.RetainedGrowthHigh)
	})
	add(e.CostMicros != nil, "Cost", "own time a build at the lowest limit beyond that at the highest", func() string {
		return fmt.Sprintf("%s (95 %%: %s to %s)", quantity.Micros(int64(*e.CostMicros)), quantity.Micros(int64(*e.CostMicrosLow)), quantity.Micros(int64(*e.CostMicrosHigh)))
	})
	add(e.Calls != nil, "Calls", "recorded calls", func() string { return strconv.Itoa(*e.Calls) })
	add(e.TotalMicros != nil, "Total time", "of its calls, with what they called", func() string { return quantity.Micros(*e.TotalMicros) })
	add(e.SelfMicros != nil, "Own time", "without recorded Starlark calls that it made", func() string { return quantity.Micros(*e.SelfMicros) })
	add(e.RetainedBytes != nil, "Retained", "live heap that hangs on what it made, estimated from a dump", func() string { return quantity.Bytes(*e.RetainedBytes) })
	add(e.AllocatedBytes != nil, "Allocated, flat", "live bytes allocated in the function itself, sampled", func() string { return quantity.Bytes(*e.AllocatedBytes) })
	add(e.AllocatedCumBytes != nil, "Allocated, cumulative", "with what it called", func() string { return quantity.Bytes(*e.AllocatedCumBytes) })
	add(e.CPUMicros != nil, "CPU time", "in the function itself, sampled every 10 ms", func() string { return quantity.Micros(*e.CPUMicros) })
	return rows
}

// withInterval is a number with its 95 % interval.
func withInterval(x float64, low, high *float64) string {
	if low == nil || high == nil {
		return quantity.Figure(x)
	}
	upper := "any"
	if !math.IsInf(*high, 0) {
		upper = quantity.Figure(*high)
	}
	return fmt.Sprintf("%s (95 %%: %s to %s)", quantity.Figure(x), quantity.Figure(*low), upper)
}
