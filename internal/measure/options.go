// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"time"

	"example.invalid/starlark-memls/internal/measurement"
)

// BuildOptions are the same for every build of a sweep.
type BuildOptions struct {
	// Args are targets and Bazel flags, as they stand behind --.
	Args []string
	// Timeout is the time limit of one build; 0 is FirstTimeout until a
	// build has passed, then ten times the slowest one that did.
	Timeout time.Duration
	// EveryCall records calls under 50 ms too (--record_full_profiler_data),
	// PhaseMemory the heap at the end of each phase, which forces full GCs.
	EveryCall, PhaseMemory bool
	// Allocations asks a surviving server for dump --skylark_memory and
	// --rules; it needs the allocation agent among the startup options.
	Allocations bool
	// FlightRecording has the server record what it allocates (recording.jfr).
	FlightRecording bool
	// Retained asks the server of a build that passed who holds its heap, and
	// keeps that in retained.json.
	Retained  bool
	HeapDumps measurement.HeapDumps
}

// FirstTimeout is the time limit of a build as long as none has passed.
const FirstTimeout = 10 * time.Minute

// A Measured build is what is to be run once.
type Measured struct {
	LimitBytes int64
	Mode       measurement.Mode
	Run        string // "1", "2", …; "WARMUP"
	Warmup     bool
}

// Name is the measurement's folder: limit and run, as the origin names them.
func (m Measured) Name() string { return measurement.Limit(m.LimitBytes).String() + "-" + m.Run }
