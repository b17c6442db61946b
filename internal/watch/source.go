// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"errors"
	"time"

	"example.invalid/starlark-memls/internal/bazel/server"
	"example.invalid/starlark-memls/internal/gauge"
	"example.invalid/starlark-memls/internal/perfdata"
)

// A Source gives samples of one server. Its counters stay open: they can be
// read once more when it is gone.
type Source struct {
	Server *server.Server

	file *perfdata.CounterFile
	// lookedAt is when it was last looked whether the server works: that
	// costs more than the counters, and does not change as often.
	lookedAt time.Time
	working  bool
	// checkedAt is when the process was last seen to run.
	checkedAt time.Time
	pauses    int64
}

// Open opens the server's counters.
func Open(s *server.Server) (*Source, error) {
	f, err := s.Counters()
	if err != nil {
		return nil, err
	}
	return &Source{Server: s, file: f}, nil
}

// Close closes the counters.
func (s *Source) Close() error { return s.file.Close() }

// Header describes the server in a recording that begins now.
func (s *Source) Header(now time.Time) (gauge.Header, error) {
	c, err := s.file.Read()
	if err != nil {
		return gauge.Header{}, err
	}
	sample := c.Sample()
	return gauge.Header{Start: now, PID: s.Server.PID, Collector: sample.Collector, JavaVersion: c.JavaVersion(), LimitBytes: sample.LimitBytes}, nil
}

// How often it is looked whether the server works, and whether it runs at all:
// what the system tells of a process costs as much as all counters.
const (
	lookEvery  = time.Second
	checkEvery = 500 * time.Millisecond
)

// Sample reads the counters now. running is false where the server has gone;
// the sample is then its last words.
func (s *Source) Sample(now time.Time) (sample gauge.Sample, running bool, err error) {
	running = true
	if now.Sub(s.checkedAt) >= checkEvery {
		running, s.checkedAt = s.Server.Running(), now
	}
	c, err := s.file.Read()
	if errors.Is(err, perfdata.ErrNotReady) {
		return gauge.Sample{At: now}, running, nil
	}
	if err != nil {
		return gauge.Sample{At: now}, running, err
	}
	sample = gauge.Sample{At: now, Sample: c.Sample()}
	if now.Sub(s.lookedAt) >= lookEvery {
		s.look(sample.Collections())
		s.lookedAt = now
	}
	sample.Working = s.working
	return sample, running, nil
}

// look finds out whether the server runs a command. Where the system does not
// tell, a server that collects is one that works.
func (s *Source) look(collections int64) {
	working, ok := s.Server.Building()
	if !ok {
		working = collections > s.pauses
	}
	s.working, s.pauses = working, collections
}
