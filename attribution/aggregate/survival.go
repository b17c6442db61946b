// SPDX-License-Identifier: Apache-2.0

package aggregate

import (
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/stats"
)

// What survives. A minor collection copies what is still reachable and frees
// the rest for nothing (Ungar 1984, Generation Scavenging), so that its pause
// grows with what has been made and kept since the one before, and hardly with
// what was made and dropped. A function that builds a heap is therefore paused
// for long in builds that pass too, where there is room enough; one that only
// uses the processor is paused as often, but briefly. So the minor pauses in a
// function's own time, shared with whoever ran beside it, measure what it keeps,
// at any limit and without a crash of its own.
//
// Bazel records calls from 50 ms on. A short call can be recorded for no other
// reason than that a collection fell into it, and then the pause is no sign of
// what this call kept: a helper that is called ten thousand times is caught in
// ten of them. Where the recorded calls of a name, without their pauses, are
// shorter than that on average, the pauses are its callers'.
//
// Builds that passed are asked, if they were collected at all. Where the heap is
// full every call is drawn out by collections that find nothing to free, and
// they fall to whoever has the longest call, not to whoever keeps the most.

// countCopied says what was copied in each function's own time, and in all.
func (b *Statistics) countCopied() {
	b.CopyPause = b.minorPause
	if b.passedMinor > 0 {
		b.CopyPause = b.passedMinor
	}
	for i := range b.Names {
		n := &b.Names[i]
		n.copied = n.shared.Value()
		if b.passedMinor > 0 {
			n.copied = n.passedShared.Value()
		}
	}
}

// creditCallers hands the pauses of calls that were recorded only because of
// them to their callers, in proportion to the calls.
func (b *Statistics) creditCallers() {
	b.countCopied()
	byName := map[string]*NameStatistics{}
	for i := range b.Names {
		byName[b.Names[i].Name] = &b.Names[i]
	}
	for i := range b.Names {
		n := &b.Names[i]
		n.Survived += n.copied
		if !n.recordedForPauses() {
			continue
		}
		sum := 0
		for _, c := range n.Callers {
			sum += c.Calls
		}
		if sum == 0 {
			continue
		}
		for _, c := range n.Callers {
			if caller := byName[c.Name]; caller != nil && caller != n {
				part := n.copied * float64(c.Calls) / float64(sum)
				caller.Survived += part
				n.Survived -= part
			}
		}
	}
}

// recordedForPauses reports whether its calls would not have been recorded but
// for the collections in them.
func (n *NameStatistics) recordedForPauses() bool {
	pauses := n.MinorPause + n.MajorPause
	return pauses > 0 && n.Self-pauses < int64(n.Calls)*observe.RecordedMicros
}

// SurvivalShare is the function's part of what minor collections copied.
func (n *NameStatistics) SurvivalShare(b *Statistics) float64 {
	if b.CopyPause == 0 {
		return 0
	}
	return stats.Clamp01(n.Survived / float64(b.CopyPause))
}
