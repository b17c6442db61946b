// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"example.invalid/starlark-memls/internal/bazel/server"
	"example.invalid/starlark-memls/internal/gauge"
	"example.invalid/starlark-memls/internal/jvmtest"
	"example.invalid/starlark-memls/internal/process"
)

// TestWatchedAllocations: a recording ends with the command, or when the server
// is dying, and is told of once.
func TestWatchedAllocations(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	p := jvmtest.All(t)[0].Start(t, []string{"-Xmx96m", jvmtest.Recorder(t)}, "--output_base="+base)
	t.Cleanup(jvmtest.Clean)
	info, err := process.Read(p.PID)
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(base, "server")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"server.starttime": info.Start, "server.pid.txt": strconv.Itoa(p.PID)} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := server.Find(base)
	if err != nil {
		t.Fatal(err)
	}
	for _, dying := range []bool{false, true} {
		var said []string
		dir := t.TempDir()
		a := &watchedAllocations{path: filepath.Join(dir, "recording.jfr"), dir: filepath.Join(dir, "private"), say: func(text string) { said = append(said, text) }}
		a.start(t.Context(), s)
		a.work.Wait() // until it records
		p.Tell(t, "hold 20")
		p.Tell(t, "drop")
		if dying {
			a.show(t.Context(), gauge.Reading{State: gauge.Dying})
			a.show(t.Context(), gauge.Reading{State: gauge.Dying})
			a.work.Wait()
		}
		a.end(t.Context())
		if len(said) != 1 || !strings.HasPrefix(said[0], "allocations recorded in "+a.path) {
			t.Errorf("dying %v: said %q", dying, said)
		}
		if info, err := os.Stat(a.path); err != nil || info.Size() == 0 {
			t.Errorf("dying %v: no recording: %v", dying, err)
		}
		if left, _ := os.ReadDir(a.dir); len(left) > 0 {
			t.Errorf("dying %v: left %v", dying, left)
		}
	}
	// Nobody waits for a recording that never began.
	never := &watchedAllocations{say: func(text string) { t.Errorf("said %q", text) }}
	never.end(t.Context())
	never.start(t.Context(), s)
	never.work.Wait()
	p.Alive(t)
}
