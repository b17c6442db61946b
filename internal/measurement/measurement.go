// SPDX-License-Identifier: Apache-2.0

// Package measurement finds what one Bazel build left behind, whichever way it
// lies on disk, and how that build ended.
//
// A measurement may be a folder that this program's sweep or the origin's
// script wrote, an output base, or a single file that somebody has at hand.
package measurement

import (
	"time"

	"example.invalid/starlark-memls/internal/bazel/console"
)

// A Status is how a build ended.
type Status string

// The statuses. OutOfMemory, GCThrashing and ServerDied count as crashes.
const (
	OK          Status = "ok"
	OutOfMemory Status = "out_of_memory"
	GCThrashing Status = "gc_thrashing"
	ServerDied  Status = "server_died"
	Timeout     Status = "timeout"
	Killed      Status = "killed"
	Failed      Status = "failed"
	Unknown     Status = "unknown"
)

// Crashed reports whether the status counts as a crash of memory.
func (s Status) Crashed() bool {
	return s == OutOfMemory || s == GCThrashing || s == ServerDied
}

// A Part is one kind of evidence in a measurement.
type Part string

// The parts, and the names they have in a folder written by this program.
const (
	Profile           Part = "profile"            // profile.gz
	Console           Part = "console"            // console
	BuildEvents       Part = "build_events"       // bep.json
	CPUProfile        Part = "cpu_profile"        // starlark.pprof
	AllocationProfile Part = "allocation_profile" // memory.pprof
	Rules             Part = "rules"              // rules.txt
	PhaseMemory       Part = "phase_memory"       // memory.profile
	HeapDump          Part = "heap_dump"          // *.hprof
	FailureDetail     Part = "failure_detail"     // failure_detail.rawproto
	HeapSummary       Part = "heap_summary"       // heap.json: what was read from a dump that is gone
	FlightRecording   Part = "flight_recording"   // recording.jfr: the JVM's own record of allocations
	Counters          Part = "counters"           // counters.jsonl: the JVM's counters while it ran
	Retained          Part = "retained"           // retained.json: who held the heap of the living server
)

// A Measurement is what one Bazel build left behind. It is immutable.
type Measurement struct {
	// Path is the folder, or the bare file; Series the folder around it.
	Path, Series string
	// Parts are the files by kind, absolute. A kind may have several (heap
	// dumps); the newest comes first.
	Parts map[Part][]string
	// Record is measurement.json, nil where there is none.
	Record *Record
	// Ended is when the build ended as far as is known (zero if not).
	Ended time.Time
	// InvocationID, where a part told it cheaply.
	InvocationID string
	// Command is the Bazel command that left it ("build", "cquery"), where
	// that is known.
	Command string
	// LaterCommand is a command that ran since without building anything,
	// where command.log is that one's and no longer this build's. Empty
	// otherwise.
	LaterCommand string
	// Older: a leftover of an earlier invocation than the one the place
	// shows now; never the state of the last build.
	Older bool
	// Warnings are about the place itself (unreadable, cut, odd).
	Warnings []string

	told *told                   // by the place; nil for a folder or a file
	logs map[string]*console.Log // consoles that were read to find the measurement
}

// A Record is measurement.json: what was run and how it ended, written by
// the sweep. A field that is not known is absent.
type Record struct {
	Schema           int        `json:"schema"`
	Command          []string   `json:"command,omitempty"`
	MemoryLimitBytes int64      `json:"memory_limit_bytes,omitempty"`
	Mode             string     `json:"mode,omitempty"` // regular, nobuild, skymeld
	Run              string     `json:"run,omitempty"`
	Warmup           bool       `json:"warmup,omitempty"`
	BazelVersion     string     `json:"bazel_version,omitempty"`
	Probed           []string   `json:"probed,omitempty"` // the flags found by probing
	HostCores        int        `json:"host_cores,omitempty"`
	HostMemoryBytes  int64      `json:"host_memory_bytes,omitempty"`
	Start            *time.Time `json:"start,omitempty"`
	End              *time.Time `json:"end,omitempty"`
	ExitCode         *int       `json:"exit_code,omitempty"`
	Status           Status     `json:"status,omitempty"`
	FirstError       string     `json:"first_error,omitempty"`
	InvocationID     string     `json:"invocation_id,omitempty"`
	Workspace        string     `json:"workspace,omitempty"`
	OutputBase       string     `json:"output_base,omitempty"`
	ServerPID        int        `json:"server_pid,omitempty"`
	// Stopped is why the sweep ended a build that had not ended by itself:
	// timeout, or hung (after heap exhaustion).
	Stopped string `json:"stopped,omitempty"`
	// Heap is what the server's counters said of its heap.
	Heap *HeapRecord `json:"heap,omitempty"`
	// HeapDumps are the paths of dumps that were left where they are.
	HeapDumps []string `json:"heap_dumps,omitempty"`
}

// A HeapRecord is what the counters of the server's JVM said over a build.
type HeapRecord struct {
	PeakBytes int64 `json:"peak_bytes"`
	// PeakAfterBytes is the most that a collection left in use; absent where
	// there was none.
	PeakAfterBytes *int64 `json:"peak_after_collection_bytes,omitempty"`
	PausedMicros   int64  `json:"paused_micros"`
	// FullCollections are those of the whole heap that nobody asked for.
	FullCollections int `json:"full_collections"`
	// ForetoldMicros is how long before its end the server was seen to die.
	ForetoldMicros *int64 `json:"foretold_micros,omitempty"`
	DyingWhy       string `json:"dying_why,omitempty"`
}
