// SPDX-License-Identifier: Apache-2.0

package gauge

import "time"

// A BuildSummary is what there is to say of a whole build.
type BuildSummary struct {
	Samples        int
	Worked         bool          // the server ran a command
	Took           time.Duration // from the first sample to the last
	LimitBytes     int64
	PeakBytes      int64
	PeakAfterBytes int64 // the most that a collection left; -1: there was none
	Collections    int64
	// FullCollections are those of the whole heap that nobody asked for.
	FullCollections int
	Paused          time.Duration
	// NearAt and DyingAt are when the state was first seen; zero: never.
	NearAt, DyingAt time.Time
	// DyingWhy says why, in words.
	DyingWhy string
	// LastChange is when a counter last moved: the server's last sign of
	// life. With a state Gone it is the time of its death.
	LastChange time.Time
	// GoneAt is when the server was found gone; zero: it was not.
	GoneAt time.Time
}

func (s *BuildSummary) add(r Reading, sample Sample, g *Gauge) {
	s.Samples++
	s.Worked = s.Worked || sample.Working
	s.Took = sample.At.Sub(g.first.At)
	s.LimitBytes = max(s.LimitBytes, r.LimitBytes)
	s.PeakBytes = max(s.PeakBytes, r.UsedBytes)
	s.PeakAfterBytes = max(s.PeakAfterBytes, r.AfterBytes)
	s.Collections = sample.Collections() - g.first.Collections()
	s.FullCollections = r.FullCollections
	s.Paused = sample.PauseTime() - g.first.PauseTime()
	if r.State == NearLimit && s.NearAt.IsZero() {
		s.NearAt = r.At
	}
	if r.State == Dying && s.DyingAt.IsZero() {
		s.DyingAt, s.DyingWhy = r.At, r.Why
	}
}

// Summary is that of the samples so far.
func (g *Gauge) Summary() BuildSummary { return g.sum }

// Moved notes that a counter has moved, which is a sign of life.
func (g *Gauge) Moved(at time.Time) { g.sum.LastChange = at }

// Gone notes that the server is gone.
func (g *Gauge) Gone(at time.Time) Reading {
	g.sum.GoneAt = at
	return Reading{At: at, State: Gone, UsedBytes: g.last.UsedBytes, LimitBytes: g.last.LimitBytes, AfterBytes: g.after, FullCollections: g.fulls}
}

// Foretold is how long before its end a server was seen to die; ok is false
// where it did not end, or was not seen to.
func (s BuildSummary) Foretold() (lead time.Duration, ok bool) {
	if s.GoneAt.IsZero() || s.DyingAt.IsZero() {
		return 0, false
	}
	end := s.GoneAt
	if !s.LastChange.IsZero() {
		end = s.LastChange
	}
	return max(end.Sub(s.DyingAt), 0), true
}
