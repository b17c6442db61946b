// SPDX-License-Identifier: Apache-2.0

//go:build e2e && slow && linux

package e2e

import (
	"fmt"
	"math"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/internal/accuracy/build"
	"example.invalid/starlark-memls/internal/bazeltest"
)

// pairs of builds, one of them watched, unless -timeout leaves time for fewer.
const pairs = 20

// A costed build: the processor time of its server and of who watched it, and
// how long it took.
type costed struct{ server, watcher, wall time.Duration }

// TestWatchingCost measures what it costs to be watched, by the command line and
// by an editor's gauge: the same analysis again and again on one warm server,
// unwatched, watched by watch, watched by the editor's server, in turns. The
// server's processor time says it on a machine that has other work too.
func TestWatchingCost(t *testing.T) {
	w := bazeltest.New(t, "memory-eater", bazeltest.WorkspaceOptions{DefaultOutputBase: true, NoLinks: true})
	round := 0
	analyze := func() time.Duration {
		t.Helper()
		round++ // another configuration: nothing of the last analysis is kept
		got := w.Build(t, "700m", "--nobuild", "--define=eat_repeat=2", fmt.Sprintf("--define=round=%d", round), "//...")
		if got.ExitCode != 0 {
			t.Fatalf("exit code %d:\n%s", got.ExitCode, got.Console)
		}
		return got.Elapsed
	}
	for range 3 {
		analyze()
	}
	editor := serveAs(t, w, map[string]any{"experimental": map[string]any{"starlarkMemls": map[string]any{"serverState": true}}})
	if err := editor.Call(t.Context(), "workspace/executeCommand", map[string]any{"command": "starlark-memls.rescan"}, nil); err != nil {
		t.Fatal(err)
	}
	stopped := func(signal syscall.Signal) { _ = syscall.Kill(editor.PID, signal) }
	t.Cleanup(func() { stopped(syscall.SIGCONT) })

	measure := func(watcher func() time.Duration) (c costed) {
		server, watching := build.ProcessorTime(w.ServerPID()), watcher()
		c.wall = analyze()
		c.server, c.watcher = build.ProcessorTime(w.ServerPID())-server, watcher()-watching
		return c
	}
	arms := []func() costed{
		func() costed { return measure(func() time.Duration { return 0 }) },
		func() costed {
			cmd := exec.Command(program, "watch", "--workspace", w.Dir)
			cmd.Dir, cmd.Env = w.Dir, environment(w)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer cmd.Wait()
			defer cmd.Process.Signal(syscall.SIGINT)
			time.Sleep(time.Second)
			return measure(func() time.Duration { return build.ProcessorTime(cmd.Process.Pid) })
		},
		func() costed {
			stopped(syscall.SIGCONT)
			defer stopped(syscall.SIGSTOP)
			time.Sleep(2 * time.Second) // what it missed meanwhile is not the gauge's
			return measure(func() time.Duration { return build.ProcessorTime(editor.PID) })
		},
	}
	stopped(syscall.SIGSTOP)
	seen := make([][]costed, len(arms))
	for n := range pairs {
		began := time.Now()
		for i := range arms {
			arm := (n + i) % len(arms)
			seen[arm] = append(seen[arm], arms[arm]())
		}
		if end, ok := t.Deadline(); ok && time.Until(end) < 2*time.Since(began) {
			break // fewer are told of as what they are
		}
	}
	if n := len(seen[len(arms)-1]); n < 2 {
		t.Fatalf("%d pairs tell nothing: give it more time", n)
	}
	for arm, name := range []string{1: "watch", 2: "the editor's gauge"} {
		if arm == 0 {
			continue
		}
		cpu, wall := newPaired(seen[0], seen[arm], func(c costed) time.Duration { return c.server }), newPaired(seen[0], seen[arm], func(c costed) time.Duration { return c.wall })
		var server, watcher time.Duration
		for _, c := range seen[arm] {
			server, watcher = server+c.server, watcher+c.watcher
		}
		share := watcher.Seconds() / server.Seconds()
		t.Logf("%s: %.2f %% of the build's processor time (%v of %v); the build's with and without it, %d pairs: processor time %s, wall clock %s",
			name, 100*share, watcher, server, len(seen[arm]), cpu, wall)
		if share > 0.005 {
			t.Errorf("%s takes %.2f %% of the build's processor time", name, 100*share)
		}
		if cpu.low > 1.03 {
			t.Errorf("%s makes the build dearer: %s", name, cpu)
		}
	}
}

// A paired comparison: the geometric mean of with over without, and its 95 %
// interval by Student's t on the pairs' logarithms.
type paired struct{ ratio, low, high float64 }

func newPaired(without, with []costed, of func(costed) time.Duration) paired {
	var sum, squares float64
	n := float64(len(with))
	for i := range with {
		x := math.Log(of(with[i]).Seconds() / of(without[i]).Seconds())
		sum, squares = sum+x, squares+x*x
	}
	mean := sum / n
	half := stats.Student95(n-1) * math.Sqrt((squares-n*mean*mean)/(n-1)/n)
	return paired{math.Exp(mean), math.Exp(mean - half), math.Exp(mean + half)}
}

func (p paired) String() string { return fmt.Sprintf("%.3f (%.3f to %.3f)", p.ratio, p.low, p.high) }
