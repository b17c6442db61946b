// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.invalid/starlark-memls/internal/bazeltest"
	"example.invalid/starlark-memls/lsp/lsptest"
)

// TestSweepFromTheEditor: a sweep of two limits that an editor begins, with a
// real Bazel. The first build dies, its function is marked and lenses are
// refreshed while the sweep goes on; it is stopped in the middle of the second
// build and leaves no Bazel; gone on with, it ends with the limit, a page and
// the plot.
func TestSweepFromTheEditor(t *testing.T) {
	t.Parallel()
	w := bazeltest.New(t, "memory-eater", bazeltest.WorkspaceOptions{DefaultOutputBase: true, NoLinks: true})
	s := serveAs(t, w, map[string]any{
		"window":       map[string]any{"workDoneProgress": true, "showDocument": map[string]any{"support": true}},
		"workspace":    map[string]any{"codeLens": map[string]any{"refreshSupport": true}},
		"experimental": map[string]any{"starlarkMemls": map[string]any{"reportChanged": true}},
	})
	file := "file://" + filepath.Join(w.Dir, bazeltest.EaterFile)
	s.open(t, file)
	base := filepath.Join(filepath.Dir(w.Dir), "sweep")

	first := s.sweep(t, "starlark-memls.sweep", map[string]any{"memory": "200m,900m", "runs": 1, "warmup": 0,
		"heap-dumps": "none", "bazel": bazeltest.Find(t), "output-base": base})
	if first.State != "running" || first.Of != 2 {
		t.Fatalf("answered %+v", first)
	}
	s.awaitSweep(t, 0, func(o sweepState) bool { return o.Done == 1 && o.Number == 2 })
	s.await(t, file, func(titles []string) bool { return len(titles) > 0 })
	if !slices.ContainsFunc(s.Received(), func(r lsptest.Received) bool { return r.Method == "workspace/codeLens/refresh" }) {
		t.Error("the lenses were not refreshed when the first measurement landed")
	}

	if err := s.Call(t.Context(), "workspace/executeCommand", map[string]any{"command": "starlark-memls.stopSweep"}, nil); err != nil {
		t.Fatal(err)
	}
	stopped := s.awaitSweep(t, 0, ended)
	if stopped.State != "stopped" || stopped.Done != 1 {
		t.Fatalf("stopped in the second build it is %+v", stopped)
	}
	noBazelOn(t, base)

	from := len(s.Received())
	if again := s.sweep(t, stopped.Command, stopped.Resume); again.Out != first.Out || again.Done != 1 {
		t.Errorf("gone on with as %+v", again)
	}
	end := s.awaitSweep(t, from, ended)
	if end.State != "finished" || end.Done != 2 || len(end.Limits) != 1 {
		t.Fatalf("ended as %+v", end)
	}
	limit := end.Limits[0]
	if limit.Builds != 2 || limit.Crashes != 1 || limit.Half.LowBytes > 900<<20 || limit.Half.HighBytes < 200<<20 ||
		!strings.HasPrefix(limit.Bazelrc, "startup --host_jvm_args=-Xmx") {
		t.Errorf("the limit is %+v", limit)
	}
	for path, want := range map[string]string{end.Plot: "<svg", end.Page: limit.Bazelrc} {
		if text, err := os.ReadFile(path); err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s: %v, has no %q", path, err, want)
		}
	}
	s.checkProgress(t)
	noBazelOn(t, base)
	if links, _ := filepath.Glob(filepath.Join(w.Dir, "bazel-*")); len(links) > 0 {
		t.Errorf("the sweep made links in the workspace: %v", links)
	}
}

// A sweepState is what the client is told of a sweep.
type sweepState struct {
	Command, State, Message, Out, Plot, Page string
	Of, Done, Number                         int
	Limits                                   []struct {
		Builds, Crashes int
		Half            struct {
			LowBytes  int64 `json:"low_bytes"`
			HighBytes int64 `json:"high_bytes"`
		}
		Bazelrc string
	}
	Resume json.RawMessage
}

func ended(o sweepState) bool { return o.State != "running" }

// sweep begins one, and returns the answer.
func (s *session) sweep(t *testing.T, command string, argument any) (answer sweepState) {
	t.Helper()
	if err := s.Call(t.Context(), "workspace/executeCommand", map[string]any{"command": command, "arguments": []any{argument}}, &answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

// awaitSweep waits until the client is told of a sweep as wanted.
func (s *session) awaitSweep(t *testing.T, from int, wanted func(sweepState) bool) sweepState {
	t.Helper()
	var last sweepState
	_, err := s.Await(t.Context(), from, func(r lsptest.Received) bool {
		var o struct{ Sweep *sweepState }
		if r.Method != "starlarkMemls/reportChanged" || json.Unmarshal(r.Params, &o) != nil || o.Sweep == nil {
			return false
		}
		last = *o.Sweep
		return wanted(last) || ended(last)
	})
	if err != nil || !wanted(last) {
		t.Fatalf("the sweep is %+v, %v", last, err)
	}
	return last
}

// checkProgress: each progress that was begun has reports and an end.
func (s *session) checkProgress(t *testing.T) {
	t.Helper()
	kinds := map[string]int{}
	for _, r := range s.Received() {
		var p struct{ Value struct{ Kind string } }
		if r.Method == "$/progress" && json.Unmarshal(r.Params, &p) == nil {
			kinds[p.Value.Kind]++
		}
	}
	if kinds["begin"] < 2 || kinds["report"] < 4 { // the end may come after the result
		t.Errorf("two sweeps reported progress %v", kinds)
	}
}

// noBazelOn fails for each process of a Bazel on an output base below dir.
func noBazelOn(t *testing.T, dir string) {
	t.Helper()
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range lines {
		// A process that has gone in between is none.
		if text, _ := os.ReadFile(path); strings.Contains(string(text), "--output_base="+dir) {
			t.Errorf("left running: %s: %s", path, strings.ReplaceAll(string(text), "\x00", " "))
		}
	}
}
