// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"math"

	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/stats"
)

// The table of measures: all that is known of a function in numbers. To add
// one, add a row: what is drawn from it is in JSON, in every table, in the
// hover, in --fail-on and in docs/measures.md (go test ./internal/report -run
// TestMeasuresPage -update). IDs are relied upon outside: rows are added, and
// never renamed or given another meaning.

// The measures that sentences and pictures speak of by name.
var (
	Crashes = &Measure{
		ID: "crashes", Label: "Crashes", Unit: Count,
		Meaning: "Crashes in the measurements.",
		value:   func(x *examined) (Value, bool) { return only(x.scoring.crashes, x.scoring.crashes > 0) },
	}
	CrashFrames = &Measure{
		ID: "crash_frames", Label: "Crash stacks", Unit: Count, Of: Crashes,
		Meaning: "Crashes with the function on the Starlark stack of the thread that failed.",
		value:   func(x *examined) (Value, bool) { return only(len(x.Framed), x.scoring.stacked > 0) },
		weigh:   func(x *examined) reason { return stackEvidence(x.Subject, x.scoring.stacked, x.Statistics.HasHeld) },
	}
	ActiveAtCrash = &Measure{
		ID: "active_at_crash", Label: "Active at crashes", Unit: Count, Of: Crashes,
		Meaning: "Crashes in which one of its calls ended within 0.1 s of the last recorded Starlark call.",
		value:   crashTraced(func(n *aggregate.NameStatistics) int { return n.ActiveAtCrash }),
		weigh:   func(x *examined) reason { return activityEvidence(x.Subject, x.Statistics, x.scoring.graded) },
	}
	Overrepresentation = &Measure{
		ID: "overrepresentation", Label: "Over-representation", Unit: Factor, Term: true, Interval: true,
		Meaning: "How many times as often it was active at crashes as its share of the time in passing builds predicts.",
		value: traced(func(x *examined, n *aggregate.NameStatistics) (Value, bool) {
			r := n.Representation
			if r == nil {
				return Value{}, false
			}
			return number(r.Ratio).Within(r.Interval.Low, r.Interval.High), true
		}),
	}
	ExpectedActive = &Measure{
		ID: "expected_active", Label: "Expected active", Unit: Number, Of: Crashes,
		Meaning: "Number of crashes at which it would be active by chance, from its share of thread time in the same phase of passing builds.",
		value:   represented(func(r *aggregate.Representation) float64 { return r.Expected }),
	}
	QValue = &Measure{
		ID: "q_value", Label: "q", Unit: Chance, Term: true,
		Meaning: "False discovery rate: p, corrected for the number of functions that were tested (Benjamini and Hochberg).",
		value:   represented(func(r *aggregate.Representation) float64 { return r.Q }),
	}
	GCRateRatio = &Measure{
		ID: "gc_rate_ratio", Label: "GC rate ratio", Unit: Factor, Interval: true,
		Meaning: "Garbage collections per second of its self time, compared with the rest of the same build phases.",
		value:   traced(func(_ *examined, n *aggregate.NameStatistics) (Value, bool) { return ratioOf(n.GCRate()) }),
		weigh:   func(x *examined) reason { return gcEvidence(x.Trace) },
	}
	GCEvents = &Measure{
		ID: "gc_events", Label: "Collections", Unit: Count,
		Meaning: "Garbage collections that overlap its self time.",
		value:   always(func(n *aggregate.NameStatistics) int { return n.Minor + n.Major }),
	}
	GCPauseMicros = &Measure{
		ID: "gc_pause_micros", Label: "GC pause", Unit: Micros,
		Meaning: "Pauses of those collections, as far as they overlap its self time.",
		value:   always(func(n *aggregate.NameStatistics) int64 { return n.MinorPause + n.MajorPause }),
	}
	Calls = &Measure{
		ID: "calls", Label: "Calls", Unit: Count,
		Meaning: "Recorded calls.",
		value:   always(func(n *aggregate.NameStatistics) int { return n.Calls }),
	}
	SelfMicros = &Measure{
		ID: "self_micros", Label: "Self time", Unit: Micros,
		Meaning: "Time in its recorded calls, without the recorded Starlark calls that they made.",
		value:   always(func(n *aggregate.NameStatistics) int64 { return n.Self }),
		weigh:   func(x *examined) reason { return timeEvidence(x.Subject, x.Statistics) },
	}
	AllocatedBytes = &Measure{
		ID: "allocated_bytes", Label: "Allocated, flat", Unit: Bytes,
		Meaning: "Live bytes allocated in the function itself, sampled (bazel dump --skylark_memory).",
		value: func(x *examined) (Value, bool) {
			if x.Allocated == nil {
				return Value{}, false
			}
			return number(x.Allocated.Flat), true
		},
		weigh: func(x *examined) reason { return allocationEvidence(x.Subject, x.Statistics) },
		told:  func(o *observe.Observation) bool { return o.Allocation != nil },
	}
	RecordedBytes = &Measure{
		ID: "recorded_bytes", Label: "Allocated, with garbage", Unit: Bytes, Interval: true,
		Meaning: "All that was allocated in its own recorded calls, garbage and built strings too, sampled by the JVM (Java Flight Recorder); the interval is that of the sampling.",
		value: traced(func(_ *examined, n *aggregate.NameStatistics) (Value, bool) {
			in := n.Recorded.Interval()
			return number(n.Recorded.Total).Within(in.Low, in.High), n.Recorded.N > 0
		}),
		weigh: func(x *examined) reason { return recordedEvidence(x.Trace, x.Statistics) },
		told:  func(o *observe.Observation) bool { return o.Recorded != nil },
	}
	RuleBytes = &Measure{
		ID: "rule_bytes", Label: "Live in its rules", Unit: Bytes,
		Meaning: "Live bytes allocated while targets of the rules it implements were analysed (bazel dump --rules).",
		value: func(x *examined) (Value, bool) {
			bytes, _ := x.RuleSum()
			return only(bytes, bytes > 0)
		},
		weigh: func(x *examined) reason { return rulesEvidence(x.Subject, x.scoring.ruleBytes) },
		told:  func(o *observe.Observation) bool { return len(o.Rules) > 0 },
	}
	RetainedBytes = &Measure{
		ID: "retained_bytes", Label: "Retained", Unit: Bytes,
		Meaning: "Live heap that only what it made keeps alive, estimated from a heap dump.",
		value:   func(x *examined) (Value, bool) { return only(x.HeldBytes(), x.Holds()) },
		weigh:   func(x *examined) reason { return retainedEvidence(x.Subject, x.Statistics) },
		told:    func(o *observe.Observation) bool { return o.Retained != nil || len(o.Fields) > 0 },
		ofOne:   true,
	}
	RetainedShare = &Measure{
		ID: "retained_share", Label: "Share of the heap", Unit: Share,
		Meaning: "Share of the live heap that only what it made keeps alive.",
		value: func(x *examined) (Value, bool) {
			return only(x.HeldPart(), x.Holds() && x.Most().In.LiveHeapBytes() > 0)
		},
	}
	CPUMicros = &Measure{
		ID: "cpu_micros", Label: "CPU time", Unit: Micros,
		Meaning: "CPU time in the function itself, sampled every 10 ms (--starlark_cpu_profile).",
		value: func(x *examined) (Value, bool) {
			if x.CPU == nil {
				return Value{}, false
			}
			return number(x.CPU.Flat), true
		},
		weigh: func(x *examined) reason { return cpuEvidence(x.Subject, x.Statistics) },
	}
)

// measures is the table.
var measures = []*Measure{
	CrashFrames,
	{
		ID: "named_in_crash", Label: "Named by crashes", Unit: Count, Of: Crashes,
		Meaning: "Crashes that name, as what was being evaluated, an aspect or a target that it implements.",
		value:   func(x *examined) (Value, bool) { return only(len(x.Named), len(x.Named) > 0) },
		weigh:   func(x *examined) reason { return namedEvidence(x.Subject, max(x.scoring.crashes, 1)) },
	},
	ActiveAtCrash,
	Crashes,
	{
		ID: "last_on_thread", Label: "Last on a thread", Unit: Count, Of: Crashes,
		Meaning: "Crashes in which it was the last recorded Starlark call of an evaluator thread.",
		value:   crashTraced(func(n *aggregate.NameStatistics) int { return n.LastAtCrash }),
	},
	{
		ID: "window_close", Label: "Ended within 0.1 s", Unit: Count,
		Meaning: "Calls that ended within 0.1 s of the last recorded Starlark call, over all crashes.",
		value:   crashTraced(func(n *aggregate.NameStatistics) int { return n.EndedClose }),
	},
	{
		ID: "window_medium", Label: "Ended within 1 s", Unit: Count,
		Meaning: "Calls that ended within 1 s of the last recorded Starlark call, over all crashes.",
		value:   crashTraced(func(n *aggregate.NameStatistics) int { return n.EndedMedium }),
	},
	{
		ID: "window_far", Label: "Ended within 10 s", Unit: Count,
		Meaning: "Calls that ended within 10 s of the last recorded Starlark call, over all crashes.",
		value:   crashTraced(func(n *aggregate.NameStatistics) int { return n.EndedFar }),
	},
	Overrepresentation,
	ExpectedActive,
	{
		ID: "increase", Label: "Increase", Unit: Number, Interval: true,
		Meaning: "How much more likely a crash is where it was active at the end than where it ran at all (Liblit et al. 2005).",
		value: func(x *examined) (Value, bool) {
			return number(x.increase.Value).Within(x.increase.Low, x.increase.High), x.tested
		},
	},
	{
		ID: "importance", Label: "Importance", Unit: Number,
		Meaning: "Harmonic mean of Increase and of the share of crashes that it was active at, on a logarithmic scale (Liblit et al. 2005).",
		value:   func(x *examined) (Value, bool) { return only(x.increase.Importance, x.tested) },
	},
	{
		ID: "elimination", Label: "Elimination", Unit: Count,
		Meaning: "Its place when functions are picked by Importance one after the other, each time without the crashes already explained.",
		value: traced(func(_ *examined, n *aggregate.NameStatistics) (Value, bool) {
			return only(n.Eliminated, n.Eliminated > 0)
		}),
	},
	{
		ID: "ochiai", Label: "Ochiai", Unit: Number,
		Meaning: "Ochiai's coefficient of being active at the end and crashing: a plain ranking to compare with.",
		value:   spectral(stats.Ochiai),
	},
	{
		ID: "tarantula", Label: "Tarantula", Unit: Number,
		Meaning: "Tarantula's coefficient of being active at the end and crashing: a plain ranking to compare with.",
		value:   spectral(stats.Tarantula),
	},
	{
		ID: "stratified_odds", Label: "Odds ratio by limit", Unit: Factor, Interval: true,
		Meaning: "Odds of being active at the end of a crash, divided by those at the end of a passing build under the same memory limit (Mantel and Haenszel).",
		value: func(x *examined) (Value, bool) {
			s := &x.strata
			known := x.stratified && !math.IsNaN(s.OddsRatio) && !math.IsInf(s.OddsRatio, 0)
			return number(s.OddsRatio).Within(s.Interval.Low, s.Interval.High), known
		},
	},
	{
		ID: "stratified_p", Label: "p by limit", Unit: Chance,
		Meaning: "Probability of such odds or higher by chance (exact, one-sided).",
		value:   func(x *examined) (Value, bool) { return only(x.strata.ExactGreater, x.stratified) },
	},
	{
		ID: "survival_share", Label: "Survival", Unit: Share, Term: true,
		Meaning: "Share of the minor-GC pause time that it accounts for: an estimate of what the collector copied because the function keeps it.",
		value: traced(func(x *examined, n *aggregate.NameStatistics) (Value, bool) {
			return only(n.SurvivalShare(x.Statistics), x.Statistics.CopyPause > 0)
		}),
		weigh: func(x *examined) reason { return survivalEvidence(x.Pauses, x.PausesPart, x.Statistics) },
	},
	{
		ID: "p_value", Label: "p", Unit: Chance, Term: true,
		Meaning: "Probability of being active at this many crashes or more by chance (exact, one-sided).",
		value:   represented(func(r *aggregate.Representation) float64 { return r.P }),
	},
	QValue,
	GCRateRatio,
	GCEvents,
	{
		ID: "major_gc_events", Label: "Major collections", Unit: Count,
		Meaning: "Of those, the major ones: collections of the whole heap.",
		value:   always(func(n *aggregate.NameStatistics) int { return n.Major }),
	},
	GCPauseMicros,
	{
		ID: "major_gc_share", Label: "Share of major GC", Unit: Share,
		Meaning: "Share of major-GC pause time in crashed builds that fell into its self time.",
		value: traced(func(x *examined, n *aggregate.NameStatistics) (Value, bool) {
			return only(n.PressureShare(x.Statistics), x.Statistics.CrashedMajor > 0)
		}),
		weigh: func(x *examined) reason { return pressureEvidence(x.Pauses, x.PausesPart, x.Statistics) },
	},
	{
		ID: "restart_ratio", Label: "Restart ratio", Unit: Factor, Interval: true,
		Meaning: "Calls per build at low memory limits against those at high ones, in passing builds.",
		value: traced(func(x *examined, n *aggregate.NameStatistics) (Value, bool) {
			return ratioOf(n.RestartRatio(x.Statistics))
		}),
		weigh: func(x *examined) reason { return restartEvidence(x.Trace, x.Statistics) },
	},
	{
		ID: "concurrent_restarts", Label: "Running at restarts", Unit: Count,
		Meaning: "Restarts during which the function was running, of the package that stands out most.",
		value: traced(func(_ *examined, n *aggregate.NameStatistics) (Value, bool) {
			if n.Concurrent == nil {
				return Value{}, false
			}
			return number(n.Concurrent.Observed), true
		}),
		weigh: func(x *examined) reason { return concurrentEvidence(x.Trace) },
	},
	{
		ID: "growth", Label: "Growth of self time", Unit: Factor, Interval: true,
		Meaning: "Factor by which its self time grows each time the memory limit is halved, in passing builds.",
		value:   grown(func(g *aggregate.Growth) *stats.Line { return &g.Time }),
		weigh:   func(x *examined) reason { return growthEvidence(x.Trace, x.Statistics) },
	},
	{
		ID: "calls_growth", Label: "Growth of calls", Unit: Factor, Interval: true,
		Meaning: "Factor by which its calls grow each time the memory limit is halved, in passing builds.",
		value:   grown(func(g *aggregate.Growth) *stats.Line { return &g.Calls }),
	},
	{
		ID: "gc_growth", Label: "Growth of GC share", Unit: Factor, Interval: true,
		Meaning: "Factor by which the share of its self time in collections grows each time the memory limit is halved, in passing builds.",
		value:   grown(func(g *aggregate.Growth) *stats.Line { return &g.GC }),
	},
	{
		ID: "retained_growth", Label: "Growth of bytes", Unit: Factor, Interval: true,
		Meaning: "Factor by which its bytes in heap dumps (without dumps: in allocation profiles) grow each time the memory limit is halved.",
		value:   func(x *examined) (Value, bool) { return changeOf(heldGrowth(x.Subject)) },
	},
	{
		ID: "cost_micros", Label: "Cost of low memory", Unit: Micros, Interval: true,
		Meaning: "Self time per build at the lowest memory limit, minus that at the highest.",
		value: traced(func(x *examined, n *aggregate.NameStatistics) (Value, bool) {
			c, ok := n.Cost(x.Statistics)
			return number(c.Micros).Within(c.Low, c.High), ok
		}),
	},
	Calls,
	{
		ID: "total_micros", Label: "Total time", Unit: Micros,
		Meaning: "Time in its recorded calls, with what they called.",
		value:   always(func(n *aggregate.NameStatistics) int64 { return n.Total }),
	},
	SelfMicros,
	{
		ID: "write_micros", Label: "Writing files", Unit: Micros,
		Meaning: "Time in ctx.actions.write, which grows with the contents that it is handed.",
		value: traced(func(_ *examined, n *aggregate.NameStatistics) (Value, bool) {
			return only(n.Write, n.Write > 0)
		}),
		weigh: func(x *examined) reason { return writingEvidence(x.Subject, x.Statistics, x.scoring.writing) },
	},
	AllocatedBytes,
	RecordedBytes,
	RuleBytes,
	{
		ID: "allocated_cumulative_bytes", Label: "Allocated, cumulative", Unit: Bytes,
		Meaning: "Live bytes allocated in the function and what it called, sampled.",
		value: func(x *examined) (Value, bool) {
			if x.Allocated == nil {
				return Value{}, false
			}
			return number(x.Allocated.Cum), true
		},
	},
	RetainedBytes,
	RetainedShare,
	CPUMicros,
}

// represented is a number of the test of over-representation.
func represented(of func(r *aggregate.Representation) float64) func(*examined) (Value, bool) {
	return traced(func(_ *examined, n *aggregate.NameStatistics) (Value, bool) {
		if n.Representation == nil {
			return Value{}, false
		}
		return number(of(n.Representation)), true
	})
}

// spectral is a coefficient of the fourfold table of presence.
func spectral(of func(stats.Fourfold) float64) func(*examined) (Value, bool) {
	return func(x *examined) (Value, bool) {
		if !x.tested {
			return Value{}, false
		}
		return number(of(x.Trace.Spectrum(x.Statistics))), true
	}
}

// grown is the factor of something when the limit is halved.
func grown(of func(g *aggregate.Growth) *stats.Line) func(*examined) (Value, bool) {
	return traced(func(_ *examined, n *aggregate.NameStatistics) (Value, bool) {
		return changeOf(aggregate.Halved(of(&n.Growth)))
	})
}
