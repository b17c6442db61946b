// SPDX-License-Identifier: Apache-2.0

//go:build linux

package hostile

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"example.invalid/starlark-memls/internal/bazeltest"
)

// moments is how many a command is interrupted at, spread over its time.
const moments = 6

// TestSignalAtAnyMoment interrupts each command at moments spread over the time
// that it takes, while it reads, indexes, concludes, links and draws: it ends,
// with nothing left behind.
func TestSignalAtAnyMoment(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("runs each command seven times")
	}
	root := bazeltest.Root(t)
	example := filepath.Join(root, "examples", "memory-eater")
	measured := filepath.Join(example, "measurements")
	var dump []byte
	for _, in := range heapDumps() {
		if in.Name == "a chain of 60,000 classes" {
			dir := t.TempDir()
			if err := in.Make(dir); err != nil {
				t.Fatal(err)
			}
			dump, _ = os.ReadFile(filepath.Join(dir, "x.hprof"))
		}
	}
	if len(dump) == 0 {
		t.Fatal("no heap dump that takes a while")
	}
	// A series of some hundred measurements, so that to conclude takes a while.
	series := t.TempDir()
	found, err := filepath.Glob(filepath.Join(measured, "*"))
	if err != nil || len(found) == 0 {
		t.Fatal("no measurements", err)
	}
	for i := range 100 {
		from := found[i%len(found)]
		if err := os.CopyFS(filepath.Join(series, fmt.Sprintf("%s-%d", strings.Split(filepath.Base(from), "-")[0], 100+i)), os.DirFS(from)); err != nil {
			t.Fatal(err)
		}
	}
	var all atomic.Int64
	t.Cleanup(func() {
		if all.Load() == 0 {
			t.Error("each had ended before its signal came")
		}
	})
	for _, command := range []struct {
		name string
		args []string
		file []byte
	}{
		{name: "report", args: []string{"report", "--workspace", example, series}},
		{name: "stats", args: []string{"stats", series}},
		{name: "index", args: []string{"index", root}},
		{name: "picture", args: []string{"plot", series, "--out", "picture.png"}},
		{name: "activity", args: []string{"plot", "--show", "activity", "--workspace", example, series, "--out", "picture.svg"}},
		{name: "heap", args: []string{"heap", "x.hprof"}, file: dump},
	} {
		t.Run(command.name, func(t *testing.T) {
			t.Parallel()
			whole := interrupted(t, command.args, command.file, 0)
			if whole.code != 0 {
				t.Fatalf("undisturbed it exits %d: %s", whole.code, whole.stderr)
			}
			cut := 0
			for i := range moments {
				signal := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}[i%3]
				after := whole.took * time.Duration(i+1) / (moments + 1)
				got := interrupted(t, command.args, command.file, after, signal)
				if got.code != 0 {
					cut++
				}
				// The machine may have other work: what counts is what it does itself,
				// on all cores.
				if got.late > mostSignal && got.lateCPU > mostSignal*time.Duration(runtime.NumCPU()) {
					t.Errorf("%v after %v: ended %v later, %v of a core", signal, after, got.late, got.lateCPU)
				}
				if strings.Contains(got.stderr, "goroutine ") {
					t.Errorf("%v after %v: %s", signal, after, got.stderr)
				}
			}
			t.Logf("undisturbed %v; %d of %d interrupted", whole.took.Round(time.Millisecond), cut, moments)
			all.Add(int64(cut))
		})
	}
}

// An ending is how a command ended, and how long after its signal.
type ending struct {
	code          int
	took          time.Duration
	late, lateCPU time.Duration
	stderr        string
}

// interrupted runs the program in a folder of its own and sends it a signal, if
// one is named, some time after its start.
func interrupted(t *testing.T, args []string, file []byte, after time.Duration, signals ...syscall.Signal) (got ending) {
	t.Helper()
	dir, temporary := t.TempDir(), t.TempDir()
	if file != nil {
		if err := put(dir, "x.hprof", file); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c := exec.CommandContext(ctx, program, args...)
	c.Dir = dir
	c.Env = []string{"PATH=" + temporary, "HOME=" + t.TempDir(), "USER=builder", "TMPDIR=" + temporary}
	var stderr bytes.Buffer
	c.Stderr = &stderr
	began := time.Now()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	asked, used := began, time.Duration(0)
	for _, s := range signals {
		time.Sleep(after)
		asked, used = time.Now(), processorTime(c.Process.Pid)
		_ = c.Process.Signal(s) // where it has ended, there is nobody to tell
	}
	_ = c.Wait() // the code tells
	state := c.ProcessState
	got = ending{code: state.ExitCode(), took: time.Since(began), late: time.Since(asked), stderr: stderr.String()}
	got.lateCPU = state.UserTime() + state.SystemTime() - used
	if left, _ := os.ReadDir(temporary); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	return got
}

// processorTime is what a process has used; 0 where it has ended. The kernel
// counts in hundredths of a second.
func processorTime(pid int) time.Duration {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}
