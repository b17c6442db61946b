// SPDX-License-Identifier: Apache-2.0

//go:build linux

package measure

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"example.invalid/starlark-memls/internal/measurement"
)

// TestHelperSweep is the process that TestKilledSweepGoesOn kills: with the
// variable set it is a sweep, else nothing.
func TestHelperSweep(t *testing.T) {
	request := os.Getenv("MEASURE_TEST_SWEEP")
	if request == "" {
		return
	}
	var s Sweep
	if err := json.Unmarshal([]byte(request), &s); err != nil {
		t.Fatal(err)
	}
	if os.Getenv("MEASURE_TEST_INIT") != "" {
		if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
			t.Fatal(err)
		}
		defer noZombies(t)
	}
	if err := s.Run(context.Background(), io.Discard, func(SweepEvent) {}); err != nil {
		t.Fatal(err)
	}
}

// TestSweepAsProcessOne: in a container we may be process 1, to which all
// orphans fall, servers among them.
func TestSweepAsProcessOne(t *testing.T) {
	t.Parallel()
	s := newSweep(t, behaving(t, "need=157286400"))
	sweep := sweepProcess(t, s)
	sweep.Env = append(sweep.Env, "MEASURE_TEST_INIT=1")
	if out, err := sweep.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, status := range statuses(t, s.Out) {
		if want := strings.HasPrefix(name, "100m"); status.Crashed() != want {
			t.Errorf("%s ended %s", name, status)
		}
	}
}

// noZombies fails for each of our children that has ended unnoticed.
func noZombies(t *testing.T) {
	t.Helper()
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		text, _ := os.ReadFile(path) // one that has gone in between is none
		if fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:])); len(fields) > 1 && fields[0] == "Z" && fields[1] == strconv.Itoa(os.Getpid()) {
			t.Errorf("a zombie: %s", text)
		}
	}
}

// sweepProcess is a sweep in a process of its own.
func sweepProcess(t *testing.T, s *Sweep) *exec.Cmd {
	t.Helper()
	request, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestHelperSweep$")
	cmd.Env = append(os.Environ(), "MEASURE_TEST_SWEEP="+string(request))
	return cmd
}

// TestKilledSweepGoesOn kills a sweep with -9 at fifty random moments, each
// time taking it up again: nothing that was whole is lost or changed, nothing
// has its name before it is whole, and at the end each build is there once
// and no process is left.
func TestKilledSweepGoesOn(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: waits for processes to die")
	}
	t.Parallel()
	const kills = 50
	s := newSweep(t, behaving(t, "need=157286400", "millis=10"))
	s.Limits, s.Runs, s.Warmups = []int64{100 * mib, 150 * mib, 200 * mib, 250 * mib, 300 * mib}, 60, 1
	rng := rand.New(rand.NewPCG(17, 4))
	seen := map[string]string{}
	for kill := range kills {
		cmd := sweepProcess(t, s)
		var said bytes.Buffer
		cmd.Stdout, cmd.Stderr = &said, &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if kill%2 == 1 && !buildBegins(s) { // half of them in the middle of its builds
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			t.Fatalf("kill %d: no build began: %s", kill, &said)
		}
		time.Sleep(time.Duration(rng.IntN(200)) * time.Millisecond)
		if err := cmd.Process.Kill(); err != nil && cmd.ProcessState == nil {
			t.Fatalf("kill %d: %v", kill, err)
		}
		_ = cmd.Wait()
		checkWhole(t, s, seen)
		if t.Failed() {
			return
		}
	}
	t.Logf("after %d kills %d of %d measurements", kills, len(seen), len(s.Plan()))
	if out, err := sweepProcess(t, s).CombinedOutput(); err != nil {
		t.Fatalf("the last sweep: %v\n%s", err, out)
	}
	checkWhole(t, s, seen)
	var want, got []string
	for _, p := range s.Plan() {
		want = append(want, p.Name())
	}
	for name := range seen {
		got = append(got, name)
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("measured %v\nwant %v", got, want)
	}
	if left, _ := filepath.Glob(filepath.Join(s.Out, ".*")); len(left) > 0 {
		t.Errorf("left unfinished: %v", left)
	}
}

// buildBegins waits until a build of the sweep is under way, or all are done.
func buildBegins(s *Sweep) bool {
	all := len(s.Plan())
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if left, _ := filepath.Glob(filepath.Join(s.Out, ".unfinished-*", "console")); len(left) > 0 {
			return true
		}
		if done, _ := filepath.Glob(filepath.Join(s.Out, "[0-9]*")); len(done) == all {
			return true
		}
	}
	return false
}

// checkWhole looks at every measurement that has its name: it has all parts
// and a record with a status, and is the one that was seen before.
func checkWhole(t *testing.T, s *Sweep, seen map[string]string) {
	t.Helper()
	folders, err := filepath.Glob(filepath.Join(s.Out, "*"))
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, folder := range folders {
		name := filepath.Base(folder)
		if strings.HasPrefix(name, ".") {
			continue
		}
		there[name] = true
		text, err := os.ReadFile(filepath.Join(folder, "measurement.json"))
		if err != nil {
			t.Errorf("%s has its name and no record: %v", name, err)
			continue
		}
		var r measurement.Record
		if err := json.Unmarshal(text, &r); err != nil || r.Status == "" || r.End == nil {
			t.Errorf("%s has half a record (%v): %s", name, err, text)
		}
		for _, part := range []string{"console", "profile.gz"} {
			if info, err := os.Stat(filepath.Join(folder, part)); err != nil || info.Size() == 0 {
				t.Errorf("%s has no %s: %v", name, part, err)
			}
		}
		if before, ok := seen[name]; ok && before != string(text) {
			t.Errorf("%s was measured twice:\n%s\n%s", name, before, text)
		}
		seen[name] = string(text)
	}
	for name := range seen {
		if !there[name] {
			t.Errorf("%s is lost", name)
		}
	}
}
