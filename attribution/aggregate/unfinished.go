// SPDX-License-Identifier: Apache-2.0

package aggregate

import (
	"slices"

	"example.invalid/starlark-memls/attribution/observe"
)

// Unfinished work. Bazel records a call when it ends, and a call that dies with
// the server never does. Where the server was alive (it collected garbage) for
// a second and more after the last recorded call of a crash, what was running
// then is missing from the profile. A build that passed tells what there was
// still to do: each function's calls that it has and the crash has not, at the
// time that a call took there. A function that had done all its calls was not
// running; of the others each was with the share of what it had left.
//
// Only functions that passing builds show in the phase of the crash had a turn.
//
// It is a guess, so it is graded below a call that ended with the build; and
// the longer the silence, the less the last calls that did end are believed,
// half as much at most, because reporting a crash takes a full heap seconds too.

// Silent is how far the silence after the last recorded call is believed to
// hide another: half for a second of it.
func Silent(t *observe.TraceFacts) float64 {
	s := float64(max(0, t.SilenceMicros()))
	return s / (s + observe.MediumMicros)
}

// An unfinished function has the given share of the work left.
type unfinished struct {
	Name  *NameStatistics
	Share float64
}

// UnfinishedAt are the functions that had work left at a crash.
func (b *Statistics) UnfinishedAt(t *observe.TraceFacts) []unfinished {
	if b.Passed == 0 || t.SilenceMicros() < observe.CloseMicros {
		return nil
	}
	phase, known := b.strata.index[stratum{0, t.StarlarkPhase}]
	if !known {
		return nil
	}
	var list []unfinished
	var sum float64
	at := 0
	for i := range b.Names {
		n := &b.Names[i]
		done := 0
		for at < len(t.Functions) && t.Functions[at].Name < n.Name {
			at++
		}
		if at < len(t.Functions) && t.Functions[at].Name == n.Name {
			done = t.Functions[at].Calls
		}
		if n.PassedCalls == 0 || n.Name == observe.Toplevel || !n.ranIn(phase) {
			continue
		}
		left := float64(n.PassedCalls)/float64(b.Passed) - float64(done)
		if left <= 0 {
			continue
		}
		micros := left * float64(n.PassedSelf) / float64(n.PassedCalls)
		list = append(list, unfinished{n, micros})
		sum += micros
	}
	for i := range list {
		list[i].Share /= sum
	}
	return list
}

// ranIn reports whether builds that passed show it in the stratum.
func (n *NameStatistics) ranIn(stratum int) bool {
	return slices.ContainsFunc(n.baseline, func(t stratumTime) bool { return t.stratum == stratum })
}
