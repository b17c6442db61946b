// SPDX-License-Identifier: Apache-2.0

package show

import (
	"encoding/json"
	"time"
)

// A SweepState is how far a sweep is.
type SweepState string

// The states of a sweep. All but the first are for good.
const (
	SweepRunning  SweepState = "running"
	SweepFinished SweepState = "finished"
	SweepStopped  SweepState = "stopped" // by the user, or with the server
	SweepFailed   SweepState = "failed"
)

// A SweepOverview is what is known of the running, or the last, sweep. It is
// immutable: each event makes the next one.
type SweepOverview struct {
	// Command is the one that began it, and that goes on with it.
	Command   string     `json:"command"`
	State     SweepState `json:"state"`
	Workspace string     `json:"workspace"`
	// Out is the folder of the series, OutputBase that of the sweep's own
	// output bases.
	Out        string    `json:"out"`
	OutputBase string    `json:"output_base"`
	Started    time.Time `json:"started"`
	// Of is how many builds are planned (for findLimit: at most), Done how
	// many of these have ended.
	Of   int `json:"of"`
	Done int `json:"done"`
	// Number is the place in the plan, from 1, of the build under way or of
	// the last one, and Building its name; 0 before the first.
	Number   int    `json:"number"`
	Building string `json:"building,omitempty"`
	// LeftMicros is the time that the rest will take, going by the builds
	// so far, as of when the last build ended; absent when not known.
	LeftMicros *int64 `json:"left_micros,omitempty"`
	// Message says in a sentence or two how it ended.
	Message string `json:"message,omitempty"`
	// Limits are the result, one for each mode that gave one.
	Limits []LimitOverview `json:"limits,omitempty"`
	// Plot and Page are paths of files that show the result.
	Plot string `json:"plot,omitempty"`
	Page string `json:"page,omitempty"`
	// Resume is the argument with which Command goes on where it stopped.
	Resume json.RawMessage `json:"resume"`

	Folder FolderID
}

// A LimitOverview is what the builds of one mode have shown of the limit.
// Without crashes, or with nothing but crashes, there is no estimate.
type LimitOverview struct {
	Mode    string `json:"mode"`
	Builds  int    `json:"builds"`
	Crashes int    `json:"crashes"`
	// Half is the limit at which half of the builds crash, Safe the one at
	// which 99 % pass.
	Half *IntervalOverview `json:"half,omitempty"`
	Safe *IntervalOverview `json:"safe,omitempty"`
	// Bazelrc is the line to set, and Risk the most, with 97.5 % certainty,
	// of the builds, 0 to 1, that crash under it.
	Bazelrc string   `json:"bazelrc,omitempty"`
	Risk    *float64 `json:"risk,omitempty"`
}

// An IntervalOverview is an estimate with its 95 % interval.
type IntervalOverview struct {
	Bytes     int64 `json:"bytes"`
	LowBytes  int64 `json:"low_bytes"`
	HighBytes int64 `json:"high_bytes"`
}
