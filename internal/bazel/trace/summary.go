// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"bytes"
	"math"
)

// A tally gathers the Summary while the events go by. It sees all of them,
// selected or not.
type tally struct {
	header      Header
	threads     map[int64]string
	delivered   int64
	read        int64
	events      int64 // all, delivered or not
	first, last int64
	damage
	finishing, closed            bool
	empty                        bool
	slim, calls, short, counters bool
	memory                       bool
}

func newTally() *tally {
	return &tally{threads: map[int64]string{}, first: math.MaxInt64, last: math.MinInt64}
}

// shortCallMicros is the duration from which Bazel records Starlark calls
// without --record_full_profiler_data (ProfilerTask.java, every version).
const shortCallMicros = 50_000

// add counts an event. rawName is its name, which the Event itself has only
// if it is selected.
func (t *tally) add(e *Event, c *category, rawName []byte) {
	t.events++
	switch e.Phase {
	case 'M':
		if e.Name == "thread_name" {
			t.threadName(e)
		}
		return
	case 'C':
		t.counters = true
		t.memory = t.memory || string(rawName) == CounterMemory
		return
	}
	t.first = min(t.first, e.StartMicros)
	t.last = max(t.last, e.EndMicros())
	switch c.role {
	case userCall, builtinCall:
		t.calls = true
		t.short = t.short || e.DurationMicros < shortCallMicros
	case general:
		t.finishing = t.finishing || string(rawName) == "Finishing"
	case unknownEvent:
		t.slim = t.slim || isMerged(rawName)
	}
}

// maxThreads bounds the table of names; builds have hundreds.
const maxThreads = 100_000

func (t *tally) threadName(e *Event) {
	for _, a := range e.Args {
		if a.Key == "name" && len(t.threads) < maxThreads {
			t.threads[e.Thread] = a.Text
		}
	}
}

// isMerged matches "merged N events", the slim writer's name for what it put
// together (JsonTraceFileWriter.java).
func isMerged(name []byte) bool {
	digits, found := bytes.CutPrefix(name, []byte("merged "))
	if !found {
		return false
	}
	if digits, found = bytes.CutSuffix(digits, []byte(" events")); !found || len(digits) == 0 {
		return false
	}
	for _, d := range digits {
		if d < '0' || d > '9' {
			return false
		}
	}
	return true
}

// summary is the tally as the caller gets it.
func (t *tally) summary() ProfileSummary {
	s := ProfileSummary{
		Header:   t.header,
		Threads:  t.threads,
		Events:   t.delivered,
		Bytes:    t.read,
		Finished: t.finishing && t.closed,
		Damage:   t.sentence(t),
		Blind:    t.blind(),
	}
	if t.first <= t.last {
		s.FirstMicros, s.LastMicros = t.first, t.last
	}
	return s
}

// blind lists what the profile cannot show. Of an empty one there is nothing
// else to say.
func (t *tally) blind() []Blindness {
	if t.empty {
		return []Blindness{BlindEmpty}
	}
	var blind []Blindness
	if t.lost() {
		blind = append(blind, BlindCut)
	}
	if t.slim {
		blind = append(blind, BlindSlim)
	}
	switch {
	case !t.calls:
		blind = append(blind, BlindNoStarlark)
	case !t.short:
		blind = append(blind, BlindShortCalls)
	}
	if !t.memory {
		blind = append(blind, BlindNoCounters)
	}
	return blind
}
