// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"slices"

	"example.invalid/starlark-memls/attribution/weights"
	"example.invalid/starlark-memls/internal/bazel/trace"
)

// worth is how often a first suspect is right that is known from as little; nil
// where that was not measured: beside a heap dump or a Starlark stack, and of
// what is no full heap.
func (j *judge) worth() *weights.Worth {
	b := j.Observed
	if len(b.Crashes) == 0 || b.HasHeld || j.Stacked > 0 || j.heapCrashes() < len(j.Crashes) || j.allSilent() || j.allEnded() {
		return nil
	}
	if len(b.Crashes) >= 3 {
		return &weights.ThreeCrashes
	}
	best := &weights.OneLost
	for i := range b.Crashes {
		t := b.Crashes[i].Observation.Trace
		switch {
		case t == nil || t.StarlarkCalls == 0:
		case !slices.Contains(t.Blind, trace.BlindCut):
			return &weights.OneClosed
		default:
			best = &weights.OneCut
		}
	}
	return best
}

// decides is what would decide where the evidence does not: a heap dump of a
// crash, unless one was read or none can be had.
func (j *judge) decides() string {
	switch {
	case len(j.Observed.Crashes) == 0, j.Observed.HasHeld, j.heapCrashes() == 0, j.allSilent():
		return ""
	case j.Observed.UnreadDump() != nil, j.namedDump() != "":
		return "the heap dump that this crash left"
	}
	return "a heap dump of one crash"
}
