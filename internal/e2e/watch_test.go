// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"example.invalid/starlark-memls/internal/bazeltest"
)

// TestAllocationsUntilDeath: the allocations of a build that runs out of memory
// are recorded until its server is dying, handed over before it is dead, and
// name the function that builds the strings.
func TestAllocationsUntilDeath(t *testing.T) {
	t.Parallel()
	w := bazeltest.New(t, "culprits", bazeltest.WorkspaceOptions{DefaultOutputBase: true, NoLinks: true})
	m := filepath.Join(t.TempDir(), "m")
	if err := os.Mkdir(m, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "watch", "--allocations", "--record", filepath.Join(m, "counters.jsonl"), "--",
		bazeltest.Find(t), "--host_jvm_args=-Xmx128m", "build", "--symlink_prefix=/", "--color=no", "--curses=no",
		"--experimental_generate_json_trace_profile", "--profile="+filepath.Join(m, "profile.gz"), "--record_full_profiler_data", "--noslim_profile", "//strings/...")
	cmd.Dir, cmd.Env = w.Dir, environment(w)
	var console bytes.Buffer
	cmd.Stdout, cmd.Stderr = &console, &console
	err := cmd.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || !(bazeltest.CommandResult{ExitCode: exit.ExitCode()}).Crashed() {
		t.Fatalf("Bazel was to run out of memory, and ended with %v:\n%s", err, &console)
	}
	said := console.String()
	t.Logf("%s", said)
	recorded, dying := strings.Index(said, "allocations recorded in "), strings.Index(said, "Bazel will probably run out of memory")
	gone := strings.Index(said, "the server has ended")
	if dying < 0 || recorded < dying || gone >= 0 && recorded > gone {
		t.Errorf("dying, recorded and gone are at %d, %d, %d of what was said", dying, recorded, gone)
	}
	checkRecorded(t, w, m, "concat_impl")
}

// TestMeasuredAllocations: of a build that passes.
func TestMeasuredAllocations(t *testing.T) {
	t.Parallel()
	w := bazeltest.New(t, "culprits", bazeltest.WorkspaceOptions{DefaultOutputBase: true, NoLinks: true})
	m := filepath.Join(t.TempDir(), "m")
	out, complaints, code := run(t, w, "measure", "--allocations", "--out", m, "--memory", "1500m", "--output-base", filepath.Join(w.Home, "own"), "--", "//write/...")
	if code != 0 {
		t.Fatalf("measure exits %d: %s%s", code, out, complaints)
	}
	checkRecorded(t, w, m, "scribe_impl")
}

// checkRecorded wants a function to have allocated most in a measurement's
// recording.
func checkRecorded(t *testing.T, w *bazeltest.Workspace, m, function string) {
	t.Helper()
	if info, err := os.Stat(filepath.Join(m, "recording.jfr")); err != nil || info.Size() == 0 {
		t.Fatalf("there is no recording: %v", err)
	}
	out, complaints, code := run(t, w, "report", "--format", "json", m)
	if code != 0 {
		t.Fatalf("report exits %d: %s", code, complaints)
	}
	var d struct {
		Functions []struct {
			Name     string
			Evidence map[string]json.RawMessage
		}
	}
	if err := json.Unmarshal([]byte(out), &d); err != nil {
		t.Fatal(err)
	}
	first, most := "", 0.0
	for _, f := range d.Functions {
		var bytes float64
		if raw, ok := f.Evidence["recorded_bytes"]; ok && json.Unmarshal(raw, &bytes) == nil && bytes > most {
			first, most = f.Name, bytes
		}
	}
	t.Logf("%s allocated %.0f MiB", first, most/(1<<20))
	if first != function {
		t.Errorf("%s allocated most (%.0f bytes), want %s:\n%.3000s", first, most, function, out)
	}
}
