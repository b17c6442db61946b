// SPDX-License-Identifier: Apache-2.0

package trace

import "strings"

// An Event is one entry of "traceEvents". Its strings may be kept; the Event
// itself and its Args are the reader's, valid during the visit.
type Event struct {
	Category string // "cat"; empty for counters and metadata
	Name     string
	// NameID numbers the names that repeat, from 1, within one Read: equal
	// numbers are equal names, so that a visitor can count by index. It is 0
	// for a name that found no room in the reader's table.
	NameID int
	Phase  byte // 'X' complete, 'i' instant, 'C' counter, 'M' metadata
	// StartMicros is relative to the profile's start and may be negative
	// (Launch Blaze). DurationMicros is 0 where the event has none.
	StartMicros    int64
	DurationMicros int64
	// HasDuration tells a zero duration from a missing one.
	HasDuration bool
	Thread      int64 // "tid"
	// Args are the arguments that are a string or a number: the values of a
	// counter, a thread's name, an action's label and mnemonic.
	Args []Arg
}

// EndMicros is the event's end, relative to the profile's start.
func (e Event) EndMicros() int64 { return e.StartMicros + e.DurationMicros }

// An Arg is one argument: Text as written, Number what that is as a number
// (also where Bazel 4 to 6 writes a counter as a string), 0 if it is none.
type Arg struct {
	Key    string
	Text   string
	Number float64
}

// The categories that attribution reads. Match by category, never by thread
// name: Bazel has renamed its GC thread three times.
const (
	CategoryStarlarkCall    = "Starlark user function call"
	CategoryStarlarkBuiltin = "Starlark builtin function call"
	CategoryStarlarkContext = "Starlark thread context"
	CategoryGC              = "gc notification"
	CategoryPhaseMarker     = "build phase marker"
	CategoryPackage         = "package creation"
	CategoryRepository      = "Starlark repository function call" // see IsFetch
	CategoryAction          = "action processing"
	CategoryGeneral         = "general information"
)

// CounterMemory is the counter of the memory that Bazel's JVM uses, heap and
// non-heap, in MiB (5.0 and later; CounterSeriesTask.java).
const CounterMemory = "Memory usage (Bazel)"

// A Header is "otherData": what the profile says of the build.
type Header struct {
	BuildID      string // the invocation id
	OutputBase   string
	Date         string // as written; its form differs by version
	BazelVersion string // "release 8.2.1"; absent before 6.1
	// StartMillis is profile_start_ts (8.x on), or 0.
	StartMillis int64
}

// A ProfileSummary is what the reader knows when it is through.
type ProfileSummary struct {
	Header Header
	// Threads are the names of the threads by tid.
	Threads map[int64]string
	// Events counts the events handed on; Bytes the inflated bytes read.
	Events, Bytes int64
	FirstMicros   int64 // the earliest start of a timed event
	LastMicros    int64 // the latest end of a timed event
	// Finished says that the profile was closed properly.
	Finished bool
	// Damage says, in a sentence, what was lost; empty if nothing was.
	Damage string
	Blind  []Blindness
}

// A Blindness is a reason why the profile cannot show what one would look for.
type Blindness string

// What a profile can be blind to.
const (
	// Slim: the slim writer merged events; short Starlark calls are gone.
	BlindSlim Blindness = "slim"
	// ShortCalls: calls under 50 ms were not recorded (no --record_full_profiler_data).
	BlindShortCalls Blindness = "short_calls"
	// NoCounters: no memory counter (older than 5.0, or cut).
	BlindNoCounters Blindness = "no_counters"
	// NoStarlark: not one Starlark call in it.
	BlindNoStarlark Blindness = "no_starlark"
	// Cut: events may be missing at the end.
	BlindCut Blindness = "cut"
	// Empty: nothing was flushed before the server died (0 or 10 bytes).
	BlindEmpty Blindness = "empty"
)

// IsFetch reports whether an event of CategoryRepository is the run of a
// repository's rule ("//external:x", "@@rules_x+"), and not a command that a
// rule executed while it ran ("local: /usr/bin/git clone …", "remote: …";
// StarlarkBaseExternalContext.java).
func IsFetch(name string) bool {
	return !strings.HasPrefix(name, "local: ") && !strings.HasPrefix(name, "remote: ")
}
