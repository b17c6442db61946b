// SPDX-License-Identifier: Apache-2.0

package gauge

import (
	"time"

	"example.invalid/starlark-memls/internal/perfdata"
)

// A State is how a server is doing.
type State string

// The states, from good to bad.
const (
	Idle      State = "idle"
	Building  State = "building"
	NearLimit State = "near_limit"
	Dying     State = "dying"
	Gone      State = "gone"
)

// A Sample is one look at a server's heap.
type Sample struct {
	At time.Time
	perfdata.Sample
	// Working: the server runs a command.
	Working bool
}

// A Reading is what a sample means, after all those before it.
type Reading struct {
	At    time.Time
	State State
	// Why says in words why the state is Dying or NearLimit.
	Why string

	UsedBytes, LimitBytes int64
	// AfterBytes is what the last collection left in use; -1: there was none.
	AfterBytes int64
	// PauseShare5 and PauseShare60 are the shares of the last 5 and 60 s in
	// which the program stood still for collections.
	PauseShare5, PauseShare60 float64
	// FullCollections are those of the whole heap that nobody asked for.
	FullCollections int
	// BytesPerSecond is how fast what collections leave grows, and
	// SecondsToLimit when it would be at the limit; 0: cannot be told.
	BytesPerSecond float64
	SecondsToLimit float64
}

// A Gauge follows one server. The zero value is not ready: New.
type Gauge struct {
	rules   Rules
	last    Sample
	first   Sample
	seen    bool
	afterAt time.Time
	after   int64
	level   trend
	pauses  window
	full    []time.Time // of those that count
	fulls   int
	// fullAt is when the last full collection was that nobody asked for, and
	// fullLeft whether it left the heap full.
	fullAt   time.Time
	fullLeft bool
	near     bool
	stalls   int64 // concurrent pauses at the last stall
	alarm    time.Time
	why      string
	sum      BuildSummary
}

// New makes a gauge with these rules.
func New(rules Rules) *Gauge {
	return &Gauge{rules: rules, after: -1, sum: BuildSummary{PeakAfterBytes: -1}}
}

// Add takes the next sample; the times of samples rise.
func (g *Gauge) Add(s Sample) Reading {
	if !g.seen || s.Collections() < g.last.Collections() {
		g.begin(s) // the first one, or of another server
	}
	g.pauses.add(s.At, s.PauseTime())
	if s.Collections() > g.last.Collections() {
		g.collected(s)
	}
	g.last = s
	r := g.reading(s)
	g.sum.add(r, s, g)
	return r
}

// begin forgets what another JVM did.
func (g *Gauge) begin(s Sample) {
	g.seen, g.first, g.last = true, s, s
	g.after, g.full, g.alarm, g.pauses, g.level = -1, nil, time.Time{}, window{}, trend{}
	g.stalls = s.Concurrent.Count
}

// collected notes what one or more collections since the last sample left.
func (g *Gauge) collected(s Sample) {
	g.after, g.afterAt = s.UsedBytes, s.At
	g.level.add(s.At, s.UsedBytes)
	if news := s.Full.Count - g.last.Full.Count; news > 0 && !perfdata.Asked(s.LastCause) {
		g.collectedAll(s, news)
	}
	// A concurrent collector has no full collections: there it is threads
	// that wait for it, cycle after cycle.
	if perfdata.Stalled(s.LastCause) && s.Concurrent.Count >= g.stalls+3 {
		g.stalls = s.Concurrent.Count
		g.fulls++
		g.full = append(g.full, s.At)
	}
}

// collectedAll notes full collections: those that leave the heap full, and two
// of which the second comes at once.
func (g *Gauge) collectedAll(s Sample, news int64) {
	full := g.leftFull(s)
	quick := g.rules.QuickGap > 0 && s.Collector != perfdata.Serial && s.Collector != perfdata.Parallel &&
		(news > 1 || s.At.Sub(g.fullAt) <= g.rules.QuickGap)
	if quick && !(full && (news > 1 || g.fullLeft)) {
		g.alarm, g.why = s.At, describeNoRoom(s.UsedBytes, s.LimitBytes)
	}
	g.fulls += int(news)
	g.fullAt, g.fullLeft = s.At, full
	if full {
		for range min(news, int64(g.rules.FullCollections)) {
			g.full = append(g.full, s.At)
		}
	}
}

// leftFull reports whether the heap is still full after a collection.
func (g *Gauge) leftFull(s Sample) bool {
	if s.Collector == perfdata.Serial || s.Collector == perfdata.Parallel {
		return s.OldLimitBytes > 0 && float64(s.OldBytes) >= g.rules.FullLeaves*float64(s.OldLimitBytes)
	}
	return s.LimitBytes > 0 && float64(s.UsedBytes) >= g.rules.FullLeaves*float64(s.LimitBytes)
}

func (g *Gauge) reading(s Sample) Reading {
	r := Reading{At: s.At, UsedBytes: s.UsedBytes, LimitBytes: s.LimitBytes, AfterBytes: g.after, FullCollections: g.fulls,
		PauseShare5: g.pauses.share(s.At, g.rules.PauseWindow), PauseShare60: g.pauses.share(s.At, time.Minute)}
	r.BytesPerSecond = g.level.slope(s.At)
	if left := float64(s.LimitBytes - g.after); g.after >= 0 && r.BytesPerSecond > 0 && left > 0 {
		r.SecondsToLimit = left / r.BytesPerSecond
	}
	r.State, r.Why = g.state(s, r)
	return r
}

// state applies the rules.
func (g *Gauge) state(s Sample, r Reading) (State, string) {
	for len(g.full) > 0 && s.At.Sub(g.full[0]) > g.rules.FullWindow {
		g.full = g.full[1:]
	}
	switch {
	case len(g.full) >= g.rules.FullCollections:
		g.alarm, g.why = s.At, describeFull(len(g.full), g.after, s.LimitBytes)
	case r.PauseShare5 > g.rules.PauseShare && g.after >= 0 && float64(g.after) >= g.rules.FullLeaves*float64(s.LimitBytes):
		g.alarm, g.why = s.At, describePauses(r.PauseShare5, g.rules.PauseWindow)
	}
	if !g.alarm.IsZero() && s.At.Sub(g.alarm) <= g.rules.Recovery {
		return Dying, g.why
	}
	share := g.rules.NearShare
	if g.near {
		share = g.rules.FarShare
	}
	g.near = g.after >= 0 && s.LimitBytes > 0 && float64(g.after) >= share*float64(s.LimitBytes)
	if g.near {
		return NearLimit, describeNear(g.after, s.LimitBytes)
	}
	if s.Working {
		return Building, ""
	}
	return Idle, ""
}
