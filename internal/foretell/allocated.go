// SPDX-License-Identifier: Apache-2.0

package foretell

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
)

// An Allocated is what a recording of a passing build's allocations says of the
// function that is known to fill the heap.
type Allocated struct {
	Scenario   string `json:"scenario"`
	Kind       string `json:"kind"`
	LimitBytes int64  `json:"limit"`
	// First allocates most, FILE%FUNCTION; Right: it is guilty. Rank is the
	// guilty one's place, 0 where nothing of it was sampled.
	First string `json:"first"`
	Right bool   `json:"right"`
	Rank  int    `json:"rank"`
	// Bytes are the guilty function's, with their interval; Known what its
	// source is known to build, 0 where nobody counted.
	Bytes int64   `json:"bytes"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	Known int64   `json:"known,omitempty"`
	// Of all: samples, bytes, those in recorded calls and on their threads.
	Samples      int   `json:"samples"`
	AllBytes     int64 `json:"all_bytes"`
	InCallBytes  int64 `json:"in_call_bytes"`
	OnThreads    int64 `json:"on_threads_bytes"`
	Collections  int   `json:"collections"`
	ClockMicros  int64 `json:"clock_micros"`
	TookMillis   int64 `json:"took_millis"`
	RecordedSize int64 `json:"recorded_size"`
}

// StoreAllocated writes one whole or not at all.
func StoreAllocated(path string, a Allocated) error {
	text, err := json.MarshalIndent(a, "", " ")
	if err != nil {
		return err
	}
	partial := path + ".partial"
	return errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(partial, append(text, '\n'), 0o644), os.Rename(partial, path))
}
