// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package measure_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.invalid/starlark-memls/internal/bazeltest"
	"example.invalid/starlark-memls/internal/measure"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/series"
)

// realSweep is a sweep of a workspace with the real Bazel, on an output base
// of its own.
func realSweep(t *testing.T, w *bazeltest.Workspace, limits string) *measure.Sweep {
	t.Helper()
	parsed, err := measure.ParseLimits(limits)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(w.Dir)
	s := &measure.Sweep{
		BuildOptions: measure.BuildOptions{Args: []string{"//..."}, HeapDumps: measurement.SummariseHeapDumps},
		Bazel: measure.Bazel{Path: bazeltest.Find(t), Workspace: w.Dir, OutputBase: filepath.Join(dir, "sweep"),
			Startup: []string{"--nohome_rc", "--output_user_root=" + filepath.Join(dir, "user_root")}},
		Out:    filepath.Join(dir, "series"),
		Limits: parsed, Runs: 1, Modes: []measurement.Mode{measurement.Regular}, Jobs: 1, Shards: 1,
	}
	t.Cleanup(func() { checkNoProcess(t, s.Bazel.OutputBase) })
	return s
}

func runSweep(t *testing.T, s *measure.Sweep) {
	t.Helper()
	err := s.Run(t.Context(), io.Discard, func(e measure.SweepEvent) {
		if e.Record != nil {
			t.Logf("%s: %s after %v %s", e.Name(), e.Record.Status, e.Took.Round(time.Second), e.Record.FirstError)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// checkNoProcess fails for each process whose arguments name a folder.
func checkNoProcess(t *testing.T, folder string) {
	t.Helper()
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range lines {
		// A process that has gone in between is none.
		text, _ := os.ReadFile(path)
		if bytes.Contains(text, []byte("--output_base="+folder)) {
			t.Errorf("left running: %s: %s", path, bytes.ReplaceAll(text, []byte{0}, []byte{' '}))
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			if p, err := os.FindProcess(pid); err == nil {
				_ = p.Kill()
			}
		}
	}
}

// links are the workspace's bazel-* links and where they point.
func links(t *testing.T, dir string) map[string]string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "bazel-*"))
	if err != nil {
		t.Fatal(err)
	}
	to := map[string]string{}
	for _, path := range found {
		if to[path], err = os.Readlink(path); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// TestUsersServerStaysAsItIs: a server that somebody has started keeps its
// process, its analysis cache and its links over builds that pass and crash,
// and over a sweep that is killed and taken up again.
func TestUsersServerStaysAsItIs(t *testing.T) {
	t.Parallel()
	w := bazeltest.New(t, "memory-eater", bazeltest.WorkspaceOptions{DefaultOutputBase: true})
	if got := w.Build(t, "900m", "//..."); got.ExitCode != 0 {
		t.Fatalf("the user's build exits %d:\n%s", got.ExitCode, got.Console)
	}
	pid, before := w.ServerPID(), links(t, w.Dir)
	if pid == 0 || len(before) == 0 {
		t.Fatalf("the user has server %d and links %v", pid, before)
	}
	unchanged := func(after string) {
		t.Helper()
		if got := w.ServerPID(); got != pid {
			t.Errorf("%s the user's server is %d, was %d", after, got, pid)
		}
		now := links(t, w.Dir)
		for path, target := range before {
			if now[path] != target {
				t.Errorf("%s %s points to %q, did to %q", after, path, now[path], target)
			}
		}
		if len(now) != len(before) {
			t.Errorf("%s the links are %v, were %v", after, now, before)
		}
	}

	s := realSweep(t, w, "100m,200m,900m")
	runSweep(t, s)
	unchanged("after a sweep")
	checkSeries(t, s)

	killed := *s
	killed.Out += "2"
	killed.Limits = killed.Limits[1:2]
	killAfterStart(t, &killed, 3*time.Second)
	unchanged("after a killed sweep")
	runSweep(t, &killed)
	unchanged("after the killed sweep was taken up again")

	got := w.Build(t, "900m", "//...")
	if !strings.Contains(got.Console, "0 targets configured") {
		t.Errorf("the user's analysis cache is cold:\n%s", got.Console)
	}
	unchanged("after the user's next build")
}

// checkSeries: low limits crash and the high one passes, the evidence is
// there, and the table is what the origin's script makes of it.
func checkSeries(t *testing.T, s *measure.Sweep) {
	t.Helper()
	rows, _, err := series.Open(t.Context(), s.Out)
	if err != nil || len(rows) != len(s.Plan()) {
		t.Fatalf("%d rows, %v; want %d", len(rows), err, len(s.Plan()))
	}
	for _, r := range rows {
		passes := r.MemoryLimitBytes >= 900<<20
		if passes != (r.Status == measurement.OK) || !passes && !r.Crashed() {
			t.Errorf("%s ended %s: %s", r.Path, r.Status, r.FirstError)
		}
		if gcs, ok := r.GCs(); passes && (!ok || gcs == 0) {
			t.Errorf("%s has no garbage collection", r.Path)
		}
		if _, err := os.Stat(filepath.Join(r.Path, "heap.json")); err != nil && !passes {
			t.Errorf("the crash has no summary of its heap: %v", err)
		}
		events, err := os.ReadFile(filepath.Join(r.Path, "bep.json"))
		if err != nil || bytes.Contains(events, []byte("client_env=")) {
			t.Errorf("%s: the build events are missing or hold the environment (%v)", r.Path, err)
		}
	}
	var table bytes.Buffer
	if err := series.WriteCSV(&table, rows); err != nil {
		t.Fatal(err)
	}
	folders, _ := filepath.Glob(filepath.Join(s.Out, "*"))
	oracle, err := exec.Command("sh", append([]string{"../series/testdata/stats.sh"}, folders...)...).Output()
	if err != nil || table.String() != string(oracle) {
		t.Errorf("stats prints\n%sthe origin's rules give (%v)\n%s", table.String(), err, oracle)
	}
}

// killAfterStart runs a sweep in a process of its own and kills it, with -9,
// some time after a server of it has come up.
func killAfterStart(t *testing.T, s *measure.Sweep, wait time.Duration) {
	t.Helper()
	request, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestHelperSweep$")
	cmd.Env = append(os.Environ(), "MEASURE_TEST_SWEEP="+string(request))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for ctx.Err() == nil {
		if console, _ := filepath.Glob(filepath.Join(s.Out, ".unfinished-*", "console")); len(console) > 0 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	time.Sleep(wait)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
}

// TestOutcomesOfRealBazel: a build that fails for another reason than memory,
// and one whose server does not start, are told apart from crashes, and the
// sweep goes on.
func TestOutcomesOfRealBazel(t *testing.T) {
	t.Parallel()
	w := bazeltest.New(t, "memory-eater", bazeltest.WorkspaceOptions{})
	s := realSweep(t, w, "1m,8m,600m")
	s.Args = []string{"//no/such:target"}
	runSweep(t, s)
	rows, _, err := series.Open(t.Context(), s.Out)
	if err != nil || len(rows) != 3 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	want := map[int64]string{
		1 << 20:   "does not start under -Xmx1m: Too small maximum heap",
		8 << 20:   "does not start under -Xmx8m: java.lang.OutOfMemoryError",
		600 << 20: "no such package 'no/such'",
	}
	for _, r := range rows {
		if r.Status != measurement.Failed || !strings.Contains(r.FirstError, want[r.MemoryLimitBytes]) {
			t.Errorf("%s ended %s, %q; want failed, %q", r.Path, r.Status, r.FirstError, want[r.MemoryLimitBytes])
		}
	}
}
