// SPDX-License-Identifier: Apache-2.0

// Package foretell measures how well a server's death is foretold by its
// counters: recordings of builds that died and builds that passed, of a real
// Bazel, in workspaces in which it is known who fills the heap (accuracy's
// scenarios); the choice of the rules on one half of them, and figures from the
// other; the page docs/before-the-crash.md.
package foretell

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
)

// An Outcome is what is known of a build beside its counters.
type Outcome struct {
	Scenario   string `json:"scenario"`
	Kind       string `json:"kind"`
	LimitBytes int64  `json:"limit"`
	Run        int    `json:"run"`
	ExitCode   int    `json:"exit_code"` // -1: we ended it
	Died       bool   `json:"died"`
	// DiedAt is when the server said that it was out of memory, or was gone.
	DiedAt time.Time `json:"died_at,omitzero"`
	// Took is how long the command ran.
	Took time.Duration `json:"took"`
	// Ran is the processor time of the server.
	Ran time.Duration `json:"ran,omitempty"`
	// Dump is what came of asking the server when it was seen to die.
	Dump *AskedHeap `json:"dump,omitempty"`
	// Load is the machine's at the end: processes that ran or wanted to, a
	// minute's average; 0 where nobody looked.
	Load float64 `json:"load,omitempty"`
	// Commit is that of the program that recorded.
	Commit string `json:"commit,omitempty"`
}

// An AskedHeap is a heap that was asked for.
type AskedHeap struct {
	Asked    time.Time `json:"asked"`
	Complete time.Time `json:"complete,omitzero"` // zero: it never was
	Way      string    `json:"way,omitempty"`
	Bytes    int64     `json:"bytes,omitempty"`
	// Named is what the report puts first, FILE%FUNCTION; Right that it is
	// guilty; Share the part of the live heap it holds.
	Named string  `json:"named,omitempty"`
	Right bool    `json:"right,omitempty"`
	Share float64 `json:"share,omitempty"`
	Error string  `json:"error,omitempty"`
}

// HeldOut reports whether the build is of the half that no rule is chosen on:
// scenarios of even number, so that both halves have every kind.
func (o Outcome) HeldOut() bool {
	return o.Scenario != "" && (o.Scenario[len(o.Scenario)-1]-'0')%2 == 0
}

// Store writes a build whole or not at all.
func Store(path string, o Outcome, recording []byte) error {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	line, err := json.Marshal(o)
	if err != nil {
		return err
	}
	_, err1 := z.Write(append(line, '\n'))
	_, err2 := io.Copy(z, bytes.NewReader(recording))
	if err := errors.Join(err1, err2, z.Close(), os.MkdirAll(filepath.Dir(path), 0o755)); err != nil {
		return err
	}
	partial := strings.TrimSuffix(path, ".jsonl.gz") + ".partial"
	if err := os.WriteFile(partial, out.Bytes(), 0o644); err != nil {
		return err
	}
	return os.Rename(partial, path)
}

// Outline reads a build's outcome alone.
func Outline(path string) (Outcome, error) {
	file, err := os.Open(path)
	if err != nil {
		return Outcome{}, err
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		return Outcome{}, err
	}
	var o Outcome
	return o, json.NewDecoder(z).Decode(&o)
}
