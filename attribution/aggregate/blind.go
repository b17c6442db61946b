// SPDX-License-Identifier: Apache-2.0

package aggregate

import (
	"fmt"
	"slices"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/bazel/trace"
	"example.invalid/starlark-memls/internal/quantity"
)

// traceBlind says what the traces behind the evidence of names cannot show, and
// of how many of them it is true where it is not of all.
func (b *Statistics) traceBlind() []string {
	blind := map[string]int{}
	for k, n := range b.blind {
		if w := observe.BlindWords[k]; w != "" && k != trace.BlindNoCounters { // counters are nothing about a function
			blind[w] += n
		}
	}
	var words []string
	for w, n := range blind {
		if n < b.profiles {
			w += fmt.Sprintf(" (%d of %d profiles)", n, b.profiles)
		}
		words = append(words, w)
	}
	slices.Sort(words)
	return words
}

// ReportWarnings are those of all observations, equal ones once, with the
// number of measurements they are about.
func (b *Statistics) ReportWarnings() []observe.Warning {
	type group struct {
		first observe.Warning
		paths int
	}
	groups := map[string]*group{}
	var orderly []string
	for _, o := range b.Observations {
		for _, w := range o.Warnings {
			if g := groups[w.Message]; g != nil {
				g.paths++
				continue
			}
			groups[w.Message] = &group{w, 1}
			orderly = append(orderly, w.Message)
		}
	}
	var all []observe.Warning
	for _, message := range orderly {
		g := groups[message]
		if g.paths > 1 {
			g.first = observe.Warning{Message: fmt.Sprintf("%s (%d measurements)", message, g.paths)}
		}
		all = append(all, g.first)
	}
	said := slices.ContainsFunc(b.Observations, func(o *observe.Observation) bool { return o.NothingSeen })
	if w := b.nothingSeen(); w != "" && !said {
		all = append(all, observe.Warning{Message: w})
	}
	return append(slices.Clone(b.Warnings), all...)
}

// nothingSeen says so where valid evidence holds not one Starlark function.
func (b *Statistics) nothingSeen() string {
	if len(b.Names) > 0 || len(b.Places) > 0 || len(b.Observations) == 0 {
		return ""
	}
	for _, c := range b.Crashes {
		for _, t := range c.Facts.Threads {
			if len(t.Frames) > 0 {
				return ""
			}
		}
	}
	if b.profiles == 0 {
		return ""
	}
	return fmt.Sprintf("no Starlark call in %s, so nothing can be said about functions; calls under 50 ms are recorded only with --record_full_profiler_data",
		quantity.Count(b.profiles, "profile", "profiles"))
}
