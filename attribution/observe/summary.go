// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"time"

	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/internal/measurement"
)

// A Summary is one measurement, as the report tells it.
type Summary struct {
	Path, Series     string
	MemoryLimitBytes int64 // 0: not known
	Run              string
	Status           measurement.Status
	GCCount          int // events of the category "gc notification"
	GCKnown          bool
	DurationMicros   int64 // 0: not known
	// Utilisation is the least share of any second of the build's Starlark
	// that collections left to the program (MMU); nil without collections.
	Utilisation *float64
	// ThrashingMicros is when collections began to take most of the time
	// until the end; nil where they did not.
	ThrashingMicros *int64
	// Heap is how the heap did, by the JVM's counters; nil where nobody looked.
	Heap         *HeapCourse
	BazelVersion string
	InvocationID string
	ServerPID    int // 0: not known
	Ended        time.Time
	Older        bool
	// Foreign are other programs that ran out of memory, by the console.
	Foreign  []console.Foreign
	Warnings []string
}

// A Warning says what the reader of a report must know about its data.
type Warning struct {
	Path    string // the file or measurement it is about, may be empty
	Message string // one line: what is wrong and what to do
}
