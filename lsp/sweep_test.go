// SPDX-License-Identifier: Apache-2.0

//go:build linux

package lsp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/bazeltest"
	"example.invalid/starlark-memls/internal/measure"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/lsp/internal/paths"
	"example.invalid/starlark-memls/lsp/internal/show"
	"example.invalid/starlark-memls/lsp/lsptest"
	"example.invalid/starlark-memls/starlark"
)

// fakeBazel builds the stand-in once for all tests.
var fakeBazel = sync.OnceValues(func() (string, error) {
	dir, err := shared()
	if err != nil {
		return "", err
	}
	return bazeltest.BuildFake(dir)
})

// sweepHarness is a server on a workspace with a function that every
// measurement is evidence against, and a fake Bazel that behaves as told.
type sweepHarness struct {
	*harness
	bazel, outputBase string
}

func startSweeping(t *testing.T, options map[string]any, behaviour ...string) *sweepHarness {
	t.Helper()
	return startSweepingAs(t, func(params map[string]any) {
		params["capabilities"].(map[string]any)["experimental"] = map[string]any{"starlarkMemls": map[string]any{"reportChanged": true}}
		if options != nil {
			params["initializationOptions"] = options
		}
	}, behaviour...)
}

// resumed is the argument that goes on with a sweep.
func resumed(t *testing.T, o show.SweepOverview) (a measure.Request) {
	t.Helper()
	if err := json.Unmarshal(o.Resume, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// startSweepingAs starts with a client of which more, or less, is known.
func startSweepingAs(t *testing.T, change func(params map[string]any), behaviour ...string) *sweepHarness {
	t.Helper()
	fake, err := fakeBazel()
	if err != nil {
		t.Fatal(err)
	}
	bazel := bazeltest.Behaving(t, fake, behaviour...)
	h := &sweepHarness{bazel: bazel, outputBase: filepath.Join(filepath.Dir(bazel), "output_base")}
	// Processes are looked for when the server has ended: cleanups run last
	// in, first out.
	t.Cleanup(func() { bazeltest.EndLeft(t, h.outputBase) })
	p := quietPipeline()
	p.Conclude = func(_ context.Context, all []*observe.Observation, ws *starlark.Workspace, _ attribution.ConcludeOptions) *attribution.Report {
		fixture := &evidenceFixture{}
		if n := len(all); n > 0 {
			one := suspect("eat_impl", "a.bzl")
			one.Evidence = append(attribution.Evidence{attribution.Crashes.Is(float64(n))}, one.Evidence[1:]...)
			fixture.Suspects = []suspectFixture{one}
		}
		return fixture.report(ws)
	}
	h.harness = start(t, workspace(t, map[string]string{"MODULE.bazel": "", "a.bzl": "def eat_impl(ctx):\n    pass\n"}), p)
	params := fixtureParams(t, "vscode139-lc11.json", h.root)
	change(params)
	if _, err := h.Initialize(h.ctx, params); err != nil {
		t.Fatal(err)
	}
	h.openSource("a.bzl")
	if h.server.Trusted {
		h.settled()
	}
	return h
}

// argument is a sweep's argument with the surroundings of the test.
func (h *sweepHarness) argument(more map[string]any) map[string]any {
	all := map[string]any{"bazel": h.bazel, "output-base": h.outputBase}
	for name, value := range more {
		all[name] = value
	}
	return all
}

// release lets the builds end that are held.
func (h *sweepHarness) release() {
	h.t.Helper()
	if err := os.WriteFile(filepath.Join(filepath.Dir(h.bazel), "released"), nil, 0o644); err != nil {
		h.t.Fatal(err)
	}
}

func (h *sweepHarness) execute(command string, argument any, result any) error {
	params := map[string]any{"command": command}
	if argument != nil {
		params["arguments"] = []any{argument}
	}
	return h.Call(h.ctx, "workspace/executeCommand", params, result)
}

// begin starts a sweep and returns what was answered at once.
func (h *sweepHarness) begin(command string, argument map[string]any) show.SweepOverview {
	h.t.Helper()
	var answer show.SweepOverview
	if err := h.execute(command, argument, &answer); err != nil {
		h.t.Fatal(err)
	}
	if answer.State != show.SweepRunning || answer.Out == "" {
		h.t.Errorf("answered %+v, want a running sweep", answer)
	}
	return answer
}

// ended waits for a sweep's end, as the client is told of it.
func (h *sweepHarness) ended(from int, want show.SweepState) show.SweepOverview {
	h.t.Helper()
	var last show.SweepOverview
	_, err := h.Await(h.ctx, from, func(r lsptest.Received) bool {
		var o show.Overview
		if r.Method != show.MethodReportChanged || json.Unmarshal(r.Params, &o) != nil || o.Sweep == nil {
			return false
		}
		last = *o.Sweep
		return last.State != show.SweepRunning
	})
	if err != nil || last.State != want {
		h.t.Fatalf("the sweep is %s (%s), %v; want it %s", last.State, last.Message, err, want)
	}
	return last
}

func (h *sweepHarness) records(out string) map[string]measurement.Status {
	h.t.Helper()
	found, _, err := measurement.Open(h.ctx, out)
	if err != nil {
		h.t.Fatal(err)
	}
	got := map[string]measurement.Status{}
	for _, m := range found {
		if m.Record == nil {
			h.t.Errorf("%s has no record", m.Path)
			continue
		}
		got[filepath.Base(m.Path)] = m.Record.Status
	}
	return got
}

func (h *sweepHarness) said(method, words string) bool {
	return slices.ContainsFunc(h.Received(), func(r lsptest.Received) bool {
		return r.Method == method && strings.Contains(string(r.Params), words)
	})
}

// From the command to the result: progress with shares, a lens that grows
// with each measurement, the limit with its risk, a page with the plot.
func TestSweepInTheEditor(t *testing.T) {
	t.Parallel()
	h := startSweeping(t, nil, "need=157286400") // 150m
	if got := h.lenses("a.bzl"); len(got) != 0 {
		t.Fatalf("lenses before there is evidence: %v", got)
	}
	answer := h.begin(show.CommandSweep, h.argument(map[string]any{"memory": "100m:200m:50m", "runs": 2, "warmup": 0, "heap_dumps": "none"}))
	if answer.Of != 6 || answer.Done != 0 || paths.Below(answer.Out, h.root) || !slices.Equal(resumed(t, answer).Args, []string{"//..."}) {
		t.Errorf("answered %+v", answer)
	}
	end := h.ended(0, show.SweepFinished)
	if end.Done != 6 || end.Of != 6 || len(end.Limits) != 1 {
		t.Fatalf("ended %+v", end)
	}
	want := map[string]measurement.Status{"100m-1": "out_of_memory", "100m-2": "out_of_memory", "150m-1": "ok", "150m-2": "ok", "200m-1": "ok", "200m-2": "ok"}
	if got := h.records(answer.Out); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("measured %v, want %v", got, want)
	}
	limit := end.Limits[0]
	if limit.Builds != 6 || limit.Crashes != 2 || limit.Half == nil || limit.Half.LowBytes > 150<<20 || limit.Half.HighBytes < 100<<20 ||
		!strings.HasPrefix(limit.Bazelrc, "startup --host_jvm_args=-Xmx") || limit.Risk == nil || *limit.Risk <= 0 || *limit.Risk >= 1 {
		t.Errorf("the limit is %+v", limit)
	}
	h.eventually("the limit in a message", func() bool {
		return h.said("window/showMessage", limit.Bazelrc) && h.said("window/showMessage", end.Plot)
	})
	h.eventually("the page", func() bool { return h.said("window/showDocument", filepath.Base(end.Page)) })
	page, err := os.ReadFile(end.Page)
	if err != nil || !strings.Contains(string(page), limit.Bazelrc) || !strings.Contains(string(page), filepath.Base(end.Plot)) || !strings.Contains(string(page), "| 100m | 2 | 2 |") {
		t.Errorf("the page: %v\n%s", err, page)
	}
	if svg, err := os.ReadFile(end.Plot); err != nil || !strings.Contains(string(svg), "<svg") {
		t.Errorf("the plot: %v, %.80s", err, svg)
	}
	h.checkProgress()
	h.checkLandings(6)
	if links, _ := filepath.Glob(filepath.Join(h.root, "bazel-*")); len(links) > 0 {
		t.Errorf("the sweep made links in the workspace: %v", links)
	}

	var plotted Plotted
	if err := h.execute(show.CommandPlot, nil, &plotted); err != nil {
		t.Fatal(err)
	}
	if len(plotted.Sources) != 1 || plotted.Sources[0] != answer.Out || !strings.Contains(plotted.SVG, "<svg") || !slices.Equal(plotted.Paths, []string{plotted.Path}) {
		t.Errorf("what is loaded was drawn as %+v", plotted.Sources)
	}
}

// checkProgress: one progress, with shares that do not fall, from begin to end.
func (h *sweepHarness) checkProgress() {
	h.t.Helper()
	var kinds []string
	last := -1
	h.eventually("the progress's end", func() bool { return h.said("$/progress", `"kind":"end"`) })
	for _, r := range h.Received() {
		var p struct {
			Value struct {
				Kind, Message string
				Percentage    *int
				Cancellable   bool
			}
		}
		if r.Method != "$/progress" || json.Unmarshal(r.Params, &p) != nil {
			continue
		}
		kinds = append(kinds, p.Value.Kind)
		if p.Value.Kind == "end" {
			continue
		}
		if p.Value.Percentage == nil || *p.Value.Percentage < last {
			h.t.Errorf("progress %s after %d %%", r.Params, last)
			continue
		}
		last = *p.Value.Percentage
		if p.Value.Kind == "begin" && !p.Value.Cancellable {
			h.t.Error("the progress cannot be cancelled")
		}
	}
	if len(kinds) < 8 || kinds[0] != "begin" || kinds[len(kinds)-1] != "end" || last != 100 {
		h.t.Errorf("progress %v to %d %%", kinds, last)
	}
}

// checkLandings: the client was told of each measurement when it had landed,
// and asked to fetch its lenses again.
func (h *sweepHarness) checkLandings(n int) {
	h.t.Helper()
	// Refreshes of landings that follow on each other's heels may be one.
	h.eventually("the lenses to be fetched again after the last landing", func() bool {
		seen := false
		for _, r := range h.Received() {
			var o show.Overview
			if r.Method == show.MethodReportChanged && json.Unmarshal(r.Params, &o) == nil {
				seen = seen || len(o.Workspaces[0].Measurements) == n-1
			}
			if seen && r.Method == "workspace/codeLens/refresh" {
				return true
			}
		}
		return false
	})
	counts := map[int]bool{}
	for _, r := range h.Received() {
		var o show.Overview
		if r.Method == show.MethodReportChanged && json.Unmarshal(r.Params, &o) == nil {
			counts[len(o.Workspaces[0].Measurements)] = true
		}
	}
	for i := 1; i <= n; i++ {
		if !counts[i] {
			h.t.Errorf("never told of just %d measurements", i)
		}
	}
	if got := h.lenses("a.bzl"); len(got) != 1 || !strings.Contains(got[0], fmt.Sprint(n)) {
		h.t.Errorf("the lens is %v, want %d crashes in it", got, n)
	}
}

// Stopped by the command or by the progress's button: nothing is left running,
// what is done stays done, and the argument that was answered goes on.
func TestSweepIsStoppedAndGoneOnWith(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"command", "progress"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			h := startSweeping(t, nil, "hold=2")
			first := h.begin(show.CommandSweep, h.argument(map[string]any{"memory": "100m:250m:50m", "runs": 1, "warmup": 1}))
			h.eventually("the second build", func() bool {
				_, err := os.Stat(filepath.Join(filepath.Dir(h.bazel), "build-2"))
				return err == nil
			})
			var err error
			if way == "command" {
				err = h.execute(show.CommandStopSweep, nil, nil)
			} else {
				err = h.cancelProgress()
			}
			if err != nil {
				t.Fatal(err)
			}
			stopped := h.ended(0, show.SweepStopped)
			if stopped.Done != 1 || !strings.Contains(stopped.Message, first.Out) {
				t.Errorf("stopped %+v", stopped)
			}
			before := h.records(first.Out)
			if len(before) != stopped.Done {
				t.Errorf("%d measurements after %d builds", len(before), stopped.Done)
			}
			bazeltest.EndLeft(t, h.outputBase)

			h.release()
			from := len(h.Received())
			raw, err := json.Marshal(stopped.Resume)
			if err != nil {
				t.Fatal(err)
			}
			again := h.begin(stopped.Command, map[string]any(object(t, raw)))
			if again.Out != first.Out || again.Of != 5 || again.Done != len(before) {
				t.Errorf("gone on with as %+v", again)
			}
			h.ended(from, show.SweepFinished)
			if after := h.records(first.Out); len(after) != 5 {
				t.Errorf("measured %v", after)
			}
		})
	}
}

func object(t *testing.T, raw []byte) (o map[string]any) {
	t.Helper()
	if err := json.Unmarshal(raw, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

func (h *sweepHarness) cancelProgress() error {
	for _, r := range h.Received() {
		var p struct{ Token any }
		if r.Method == "window/workDoneProgress/create" && json.Unmarshal(r.Params, &p) == nil {
			return h.Notify("window/workDoneProgress/cancel", map[string]any{"token": p.Token})
		}
	}
	return errors.New("no progress was created")
}

// An editor that goes away in the middle of a build leaves no Bazel behind.
func TestServerEndsItsSweep(t *testing.T) {
	t.Parallel()
	h := startSweeping(t, nil, "outcome=thrash")
	h.begin(show.CommandSweep, h.argument(map[string]any{"memory": "100m", "runs": 1, "warmup": 0}))
	h.eventually("a build", func() bool { return h.server.Current().Sweep.Number == 1 })
	h.eventually("its server", func() bool {
		pids, _ := filepath.Glob(filepath.Join(h.outputBase, "*", "server", "server.pid.txt"))
		return len(pids) == 1
	})
	// The cleanups end the server, and then look for processes.
}

// findLimit to the end, from the settings.
func TestFindLimitInTheEditor(t *testing.T) {
	t.Parallel()
	h := startSweeping(t, map[string]any{"sweep": map[string]any{"budget": 20, "precision": "5%", "targets": []string{"//app/..."}, "heapDumps": "none"}}, "need=209715200", "hold=1") // 200m
	answer := h.begin(show.CommandFindLimit, h.argument(map[string]any{"memory": "100m,400m"}))
	if answer.Of != 20 || answer.Command != show.CommandFindLimit {
		t.Errorf("answered %+v", answer)
	}
	var other show.SweepOverview
	if err := h.execute(show.CommandSweep, h.argument(map[string]any{"memory": "100m"}), &other); err == nil || !strings.Contains(err.Error(), "running already") {
		t.Errorf("a second sweep: %v, %+v", err, other)
	}
	h.release()
	end := h.ended(0, show.SweepFinished)
	if len(end.Limits) != 1 {
		t.Fatalf("ended %+v", end)
	}
	limit := end.Limits[0]
	if limit.Half == nil || limit.Half.LowBytes > 200<<20 || limit.Half.HighBytes < 200<<20 {
		t.Errorf("half of the builds crash at %+v, want 200m in it", limit.Half)
	}
	if limit.Builds > 20 || limit.Builds != end.Done {
		t.Errorf("%d builds, %d told", limit.Builds, end.Done)
	}
	if args := resumed(t, end).Args; args[0] != "//app/..." {
		t.Errorf("built %v", args)
	}
}

// What cannot be done is an error answer that says so, and starts nothing.
func TestSweepRefuses(t *testing.T) {
	t.Parallel()
	h := startSweeping(t, nil)
	for want, argument := range map[string]map[string]any{
		`unknown field "memroy"`:       {"memroy": "100m"},
		"runs backwards":               {"memory": "9m:1m:1m"},
		`unknown mode "fast"`:          {"mode": "fast"},
		`unknown heap-dumps "shred"`:   {"heap-dumps": "shred"},
		`timeout "soon"`:               {"timeout": "soon"},
		`precision "150%"`:             {"find-limit": true, "memory": "100m,200m", "precision": "150%"},
		"one mode":                     {"find-limit": true, "memory": "100m,200m", "mode": "regular,nobuild"},
		"at least 1":                   {"runs": 0},
		"this machine has":             {"memory": "900000g"},
		"bazel.executable":             {"bazel": "no-such-bazel"},
		"a search needs a span":        {"find-limit": true, "memory": "100m"},
		"the command takes one object": {"runs": "many"},
	} {
		if err := h.execute(show.CommandSweep, h.argument(argument), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", argument, err, want)
		}
	}
	if err := h.execute(show.CommandStopSweep, nil, nil); err == nil || !strings.Contains(err.Error(), "no sweep is running") {
		t.Errorf("stopping none: %v", err)
	}
	if err := h.execute(show.CommandPlot, nil, nil); err == nil || !strings.Contains(err.Error(), "nothing is loaded") {
		t.Errorf("plotting nothing: %v", err)
	}
	if _, err := os.Stat(h.outputBase); err == nil || h.server.Current().Sweep != nil {
		t.Error("something was begun")
	}
}

// The user's own output base is not a sweep's.
func TestSweepLeavesTheUsersOutputBaseAlone(t *testing.T) {
	t.Parallel()
	h := startSweeping(t, nil)
	id := h.server.Current().Folders[0].ID
	if err := h.server.Reobserve(h.ctx, id, func(o *show.Observed) { o.OutputBase = paths.Canonical(h.outputBase) }); err != nil {
		t.Fatal(err)
	}
	err := h.execute(show.CommandSweep, h.argument(map[string]any{"memory": "100m"}), nil)
	if err == nil || !strings.Contains(err.Error(), "own output base") {
		t.Errorf("%v", err)
	}
}

// A workspace that is not trusted runs nothing, whatever it is asked.
func TestUntrustedWorkspaceRunsNothing(t *testing.T) {
	t.Parallel()
	h := startSweeping(t, map[string]any{"trusted": false})
	for _, command := range []string{show.CommandSweep, show.CommandFindLimit, show.CommandPlot} {
		argument := h.argument(map[string]any{"memory": "100m"})
		if command == show.CommandPlot {
			argument = nil
		}
		if err := h.execute(command, argument, nil); err == nil || !strings.Contains(err.Error(), "not trusted") {
			t.Errorf("%s: %v", command, err)
		}
	}
	if _, err := os.Stat(h.outputBase); err == nil {
		t.Error("Bazel was run")
	}
}

// A build that fails for another reason, and a Bazel that is none: told, and
// nothing left behind.
func TestFailedSweepIsTold(t *testing.T) {
	t.Parallel()
	h := startSweeping(t, nil, "outcome=fail")
	h.begin(show.CommandFindLimit, h.argument(map[string]any{"memory": "100m,200m"}))
	end := h.ended(0, show.SweepFailed)
	if !strings.Contains(end.Message, "another reason than memory") || !strings.Contains(end.Message, "no such package 'nowhere'") {
		t.Errorf("told %q", end.Message)
	}
	h.eventually("a message", func() bool { return h.said("window/showMessage", "another reason than memory") })
}

// A client that can do nothing is asked for nothing, and told by messages.
func TestSweepInAPlainEditor(t *testing.T) {
	t.Parallel()
	h := startSweepingAs(t, func(params map[string]any) { params["capabilities"] = map[string]any{} }, "need=157286400")
	h.begin(show.CommandSweep, h.argument(map[string]any{"memory": "100m,200m", "runs": 1, "warmup": 0, "mode": "regular,nobuild"}))
	h.eventually("the result", func() bool { return h.said("window/showMessage", "nobuild: 1 of 2 builds crashed") })
	for _, r := range h.Received() {
		switch r.Method {
		case "window/workDoneProgress/create", "$/progress", "window/showDocument", show.MethodReportChanged:
			t.Errorf("was sent %s", r.Method)
		}
	}
	out := filepath.Join(t.TempDir(), "gc.png")
	end := h.server.Current().Sweep
	var plotted Plotted
	if err := h.execute(show.CommandPlot, map[string]any{"paths": []string{filepath.Join(end.Out, "regular", "200m-1")}, "show": "gc-duration", "out": out}, &plotted); err != nil {
		t.Fatal(err)
	}
	if png, err := os.ReadFile(out); err != nil || !strings.HasPrefix(string(png), "\x89PNG") || plotted.SVG != "" || plotted.Path != out {
		t.Errorf("the picture of one profile: %v, %+v", err, plotted)
	}
	for want, argument := range map[string]map[string]any{
		"must end in .svg or .png": {"out": "x.pdf"},
		`unknown plot "sunrise"`:   {"show": "sunrise"},
		"is below min":             {"min": 5, "max": 4},
		"of one profile":           {"show": "heap"},
		"does not exist":           {"paths": []string{"no/such/series"}},
		`unknown field "colour"`:   {"colour": "red"},
	} {
		if err := h.execute(show.CommandPlot, argument, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", argument, err, want)
		}
	}
}

// A scan that began before a measurement landed does not take it away again.
func TestScanKeepsWhatLandedMeanwhile(t *testing.T) {
	t.Parallel()
	h := start(t, workspace(t, map[string]string{"MODULE.bazel": ""}), quietPipeline())
	h.initialize(nil)
	h.settled()
	id := h.server.Current().Folders[0].ID
	landed := &observe.Observation{}
	if err := h.server.Reobserve(h.ctx, id, func(o *show.Observed) { o.Loaded = append(o.Loaded, landed) }); err != nil {
		t.Fatal(err)
	}
	configured := &observe.Observation{}
	seenBefore := &show.Observed{Generation: h.server.Clock.Tick(), Loaded: []*observe.Observation{configured}}
	if err := h.server.Observe(h.ctx, id, seenBefore, seenBefore.Loaded); err != nil {
		t.Fatal(err)
	}
	if got := h.server.Current().Folder(id).Observed.Loaded; !slices.Equal(got, []*observe.Observation{landed, configured}) {
		t.Errorf("%d observations are left, want what landed and what was configured", len(got))
	}
}
