// SPDX-License-Identifier: Apache-2.0

package lsp

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.invalid/starlark-memls/internal/bazel/outputbase"
	"example.invalid/starlark-memls/internal/hprof/hproftest"
	"example.invalid/starlark-memls/lsp/internal/session"
	"example.invalid/starlark-memls/lsp/internal/show"
	"example.invalid/starlark-memls/lsp/lsptest"
	"example.invalid/starlark-memls/lsp/settings"
)

// Zero configuration, on what a real Bazel 4.2.3 left behind: testdata/crash
// is a build of examples/memory-eater that ran out of memory, testdata/pass
// one with more memory.

// A builder stands for Bazel: it leaves in an output base what Bazel left.
type builder struct {
	t         *testing.T
	workspace string
	base      string
}

func newBuilder(t *testing.T) *builder {
	t.Helper()
	dir := t.TempDir()
	b := &builder{t, filepath.Join(dir, "ws"), filepath.Join(dir, "base")}
	for _, part := range []string{"memory", "cpu"} {
		if err := os.CopyFS(filepath.Join(b.workspace, part), os.DirFS(filepath.Join("..", "examples", "memory-eater", part))); err != nil {
			t.Fatal(err)
		}
	}
	b.write(filepath.Join(b.workspace, "MODULE.bazel"), nil)
	return b
}

func (b *builder) write(path string, data []byte) {
	b.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// build leaves what the recorded build left, as of now.
func (b *builder) build(recorded string) {
	b.t.Helper()
	b.write(filepath.Join(b.base, "DO_NOT_BUILD_HERE"), []byte(b.workspace))
	for from, to := range map[string]string{"profile.gz": "command.profile.gz", "failure_detail.rawproto": "failure_detail.rawproto", "console": "command.log"} {
		data, err := os.ReadFile(filepath.Join("testdata", recorded, from))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			b.t.Fatal(err)
		}
		b.write(filepath.Join(b.base, to), data)
	}
}

// pipeline is the real one, except that it looks in the builder's place.
func (b *builder) pipeline() session.Pipeline {
	p := session.RealPipeline()
	p.Find = func(string, settings.Settings) (*outputbase.OutputBase, error) {
		base, err := outputbase.Open(b.base)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, outputbase.ErrNotOutputBase) {
			return nil, outputbase.ErrNotFound
		}
		return base, err
	}
	return p
}

func (h *harness) lenses(path string) []string {
	h.t.Helper()
	var lenses []struct {
		Range   wireRange
		Command struct{ Title string }
	}
	h.call("textDocument/codeLens", docParams(h.uri(path)), &lenses)
	var titles []string
	for _, l := range lenses {
		titles = append(titles, fmt.Sprintf("%d %s", l.Range.Start.Line+1, l.Command.Title))
	}
	return titles
}

// lastDiagnostics are those that were published last for a file.
func (h *harness) lastDiagnostics(path string) []wireDiagnostic {
	var last []wireDiagnostic
	for _, r := range h.Received() {
		var p struct {
			URI         string
			Diagnostics []wireDiagnostic
		}
		if r.Method == "textDocument/publishDiagnostics" && json.Unmarshal(r.Params, &p) == nil && p.URI == h.uri(path) {
			last = p.Diagnostics
		}
	}
	return last
}

// eventually waits for a condition.
func (h *harness) eventually(what string, holds func() bool) {
	h.t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			h.t.Fatalf("never came: %s", what)
		}
	}
}

func (h *harness) openSource(path string) {
	h.t.Helper()
	text, err := os.ReadFile(filepath.Join(h.root, path))
	if err != nil {
		h.t.Fatal(err)
	}
	h.open(path, string(text))
}

const eater = "memory/eat.bzl"

func (h *harness) marked() bool {
	titles := h.lenses(eater)
	return len(titles) > 0 && strings.Contains(titles[0], "#1 memory suspect") && len(h.lastDiagnostics(eater)) > 0
}

func (h *harness) unmarked() bool {
	return len(h.lenses(eater)) == 0 && len(h.lastDiagnostics(eater)) == 0
}

// startUndetected is a server that has analysed the sources, on which nothing
// was detected: what is to be known is loaded.
func startUndetected(t *testing.T) *harness {
	t.Helper()
	h := start(t, newBuilder(t).workspace, quietPipelineButConclude())
	h.initialize(nil)
	h.openSource(eater)
	h.settled()
	return h
}

// startMarked is a server that has detected a crash and marked it.
func startMarked(t *testing.T) (*builder, *harness) {
	t.Helper()
	b := newBuilder(t)
	b.build("crash")
	h := start(t, b.workspace, b.pipeline())
	h.initialize(map[string]any{"autoDetect.pollSeconds": 1})
	h.openSource(eater)
	h.eventually("the marks of the crash", h.marked)
	return b, h
}

func TestCrashIsMarkedUnaskedAndWithdrawn(t *testing.T) {
	t.Parallel()
	b, h := startMarked(t)

	text, err := os.ReadFile(filepath.Join(h.root, eater))
	if err != nil {
		t.Fatal(err)
	}
	def := 1 + strings.Count(string(text[:strings.Index(string(text), "def traverse_impl(")]), "\n")
	if got := h.lenses(eater)[0]; !strings.HasPrefix(got, fmt.Sprintf("%d #1 ", def)) {
		t.Errorf("the first lens is %q, want the first suspect on line %d", got, def)
	}
	if d := h.lastDiagnostics(eater); d[0].Code != "ML002" || !strings.Contains(d[0].Message, "traverse_impl") || !strings.Contains(d[0].Message, "most likely in") {
		t.Errorf("the diagnostic is %+v, want the crash, said to be inferred", d[0])
	}
	var told string
	h.eventually("a word about the crash", func() bool {
		for _, r := range h.Received() {
			if r.Method == "window/showMessage" {
				told = string(r.Params)
			}
		}
		return told != ""
	})
	if !strings.Contains(told, "traverse_impl") || !strings.Contains(told, fmt.Sprintf("%s:%d", eater, def)) {
		t.Errorf("told %s", told)
	}

	time.Sleep(50 * time.Millisecond) // another time stamp than the crash's
	b.build("pass")
	h.eventually("the marks' end", h.unmarked)

	var locations []any
	err = h.Call(h.ctx, "workspace/executeCommand", map[string]any{"command": show.CommandJumpToCrash}, &locations)
	if err == nil || !strings.Contains(err.Error(), "older build") {
		t.Errorf("jumping to a crash that is over: %v, %v; want an offer of the older one", locations, err)
	}
}

func TestFirstBuildThatDiesIsFound(t *testing.T) {
	t.Parallel()
	b := newBuilder(t)
	h := start(t, b.workspace, b.pipeline())
	h.initialize(map[string]any{"autoDetect": map[string]any{"pollSeconds": 1}})
	h.openSource(eater)
	h.settled()
	if !h.unmarked() {
		t.Fatal("marks before anything was built")
	}
	b.build("crash")
	h.eventually("the marks of the crash", h.marked)

	// The user's own words on it.
	overview := h.execute(show.CommandClear, nil)
	if !strings.Contains(overview, `"crashes":[]`) {
		t.Errorf("clear answers %s", overview)
	}
	h.eventually("the marks' end", h.unmarked)
	overview = h.execute(show.CommandRescan, map[string]any{})
	if !strings.Contains(overview, `"crash":0`) || !strings.Contains(overview, `"traverse_impl"`) {
		t.Errorf("rescan answers %s", overview)
	}
	h.eventually("the marks", h.marked)
}

func (h *harness) execute(command string, argument any) string {
	h.t.Helper()
	params := map[string]any{"command": command}
	if argument != nil {
		params["arguments"] = []any{argument}
	}
	var raw json.RawMessage
	h.call("workspace/executeCommand", params, &raw)
	return string(raw)
}

func TestARunningBuildKeepsTheMarks(t *testing.T) {
	t.Parallel()
	for name, console := range map[string]string{
		"a log that goes on":     "Analyzing: 42 targets (4 packages loaded, 0 targets configured)\n",
		"nothing but a new file": "", // looks like a server that died before it wrote a word
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, h := startMarked(t)
			// The next build has begun: a server that is alive, an empty log. The
			// server comes first, as it does with Bazel.
			b.write(filepath.Join(b.base, "server", "server.pid.txt"), []byte(fmt.Sprint(os.Getpid())))
			b.write(filepath.Join(b.base, "command.log"), []byte(console))
			b.write(filepath.Join(b.base, "command.profile.gz"), nil)
			if err := os.Remove(filepath.Join(b.base, "failure_detail.rawproto")); err != nil {
				t.Fatal(err)
			}
			time.Sleep(1500 * time.Millisecond)
			if !h.marked() {
				t.Error("the marks are gone while the next build is still running")
			}
			b.build("pass")
			h.eventually("the marks' end", h.unmarked)
		})
	}
}

// A crash of which nothing tells where it was marks no line: that it came, and
// that it went, is in the overview all the same.
func TestACrashWithoutAPlaceIsTold(t *testing.T) {
	t.Parallel()
	b := newBuilder(t)
	h := start(t, b.workspace, b.pipeline())
	params := fixtureParams(t, "vscode139-lc11.json", h.root)
	params["initializationOptions"] = map[string]any{"autoDetect.pollSeconds": 1}
	params["capabilities"].(map[string]any)["experimental"] = map[string]any{"starlarkMemls": map[string]any{"reportChanged": true}}
	if _, err := h.Initialize(h.ctx, params); err != nil {
		t.Fatal(err)
	}
	crashes := func() int {
		last := -1
		for _, r := range h.Received() {
			var o show.Overview
			if r.Method == show.MethodReportChanged && json.Unmarshal(r.Params, &o) == nil {
				last = len(o.Crashes)
			}
		}
		return last
	}
	h.eventually("the first overview", func() bool { return crashes() == 0 })
	b.write(filepath.Join(b.base, "DO_NOT_BUILD_HERE"), []byte(b.workspace))
	b.write(filepath.Join(b.base, "command.profile.gz"), nil) // begun, and no server is there
	h.eventually("the crash", func() bool { return crashes() == 1 })
	b.build("pass")
	h.eventually("its end", func() bool { return crashes() == 0 })
}

func TestUntrustedWorkspaceReadsSourcesOnly(t *testing.T) {
	t.Parallel()
	b := newBuilder(t)
	b.build("crash")
	p := b.pipeline()
	p.Find = func(string, settings.Settings) (*outputbase.OutputBase, error) {
		t.Error("an untrusted workspace's output base was looked for")
		return nil, outputbase.ErrNotFound
	}
	h := start(t, b.workspace, p)
	h.initialize(map[string]any{"trusted": false, "measurements.paths": []string{filepath.Join(b.base, "command.log")}})
	h.openSource(eater)
	h.eventually("the analysis", func() bool { return h.server.Current().Folders[0].Analysis != nil })
	if !h.unmarked() {
		t.Error("marks in an untrusted workspace")
	}
	for _, command := range []string{show.CommandRescan, show.CommandLoadMeasurements} {
		err := h.Call(h.ctx, "workspace/executeCommand", map[string]any{"command": command, "arguments": []any{map[string]any{"paths": []string{b.base}}}}, nil)
		var coded *lsptest.RPCError
		if !errors.As(err, &coded) || !strings.Contains(coded.Message, "not trusted") {
			t.Errorf("%s: %v", command, err)
		}
	}
}

func TestLargeFilesAreOffered(t *testing.T) {
	t.Parallel()
	b := newBuilder(t)
	b.build("crash")
	h := start(t, b.workspace, b.pipeline())
	h.Handle("window/showMessageRequest", func(params json.RawMessage) (any, error) {
		if strings.Contains(string(params), "was not read") {
			return map[string]any{"title": "Load it"}, nil
		}
		return nil, nil
	})
	h.initialize(map[string]any{"autoDetect.maxProfileBytes": 3000, "notifications.actions": true})
	h.openSource(eater)
	h.eventually("the marks, after the offer was taken", h.marked)
}

// A heap dump is as large as the heap was: what else the crash left is shown
// first, then the dump is read by itself, whatever its size, and told as progress.
func TestHeapDumpIsReadBehind(t *testing.T) {
	t.Parallel()
	b := newBuilder(t)
	b.build("crash")
	made := hproftest.Heap{Targets: 100, Strings: 1000, Local: 200}
	if err := made.Open().Save(filepath.Join(b.base, "java_pid77.hprof")); err != nil {
		t.Fatal(err)
	}
	h := start(t, b.workspace, b.pipeline())
	h.initialize(map[string]any{"autoDetect.maxProfileBytes": 6 << 20}) // of no meaning for the dump
	h.openSource(eater)
	h.eventually("the marks", func() bool { return len(h.lastDiagnostics(eater)) > 0 })
	h.eventually("the dump's stack in the crash's page", func() bool {
		page := string(h.execute(show.CommandShowCrashReport, nil))
		return strings.Contains(page, "_eat_impl") && !strings.Contains(page, "is being read")
	})
}

func TestLoadedMeasurements(t *testing.T) {
	t.Parallel()
	h := startUndetected(t)
	dir, err := filepath.Abs("testdata/crash")
	if err != nil {
		t.Fatal(err)
	}
	answer := h.execute(show.CommandLoadMeasurements, []any{map[string]any{"paths": []string{"file://" + dir}}})
	if !strings.Contains(answer, `"status":"out_of_memory"`) {
		t.Errorf("loading answers %s", answer)
	}
	h.eventually("the marks", h.marked)
	page := h.execute(show.CommandShowEvidence, map[string]any{"function": "traverse_impl"})
	if !strings.Contains(page, "# `traverse_impl`") || !strings.Contains(page, `"shown":true`) {
		t.Errorf("the evidence is %s", page)
	}
	report := h.execute(show.CommandShowCrashReport, nil)
	var p show.Page
	if err := json.Unmarshal([]byte(report), &p); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(p.Path); err != nil || string(text) != p.Markdown || !strings.Contains(p.Markdown, "the Java heap was full") {
		t.Errorf("the report's page is %v %.300s", err, text)
	}
	var locations []struct {
		URI   string
		Range wireRange
	}
	h.call("workspace/executeCommand", map[string]any{"command": show.CommandJumpToCrash, "arguments": []any{map[string]any{"crash": 0}}}, &locations)
	if len(locations) == 0 || locations[0].URI != h.uri(eater) {
		t.Errorf("the crash is at %+v", locations)
	}
	err = h.Call(h.ctx, "workspace/executeCommand", map[string]any{"command": show.CommandLoadMeasurements, "arguments": []any{map[string]any{"paths": []string{"/nowhere"}}}}, nil)
	if err == nil || !strings.Contains(err.Error(), "/nowhere") {
		t.Errorf("loading what is not there: %v", err)
	}
	h.eventually("the marks still", h.marked)
}

// quietPipelineButConclude concludes for real, from what is loaded.
func quietPipelineButConclude() session.Pipeline {
	p, real := quietPipeline(), session.RealPipeline()
	p.Conclude, p.Rebase = real.Conclude, real.Rebase
	return p
}

// TestConfigurationRightAfterInitialized: Neovim and Helix say so, which
// overtook what initialized began before it had begun.
func TestConfigurationRightAfterInitialized(t *testing.T) {
	t.Parallel()
	b := newBuilder(t)
	b.build("crash")
	for range 10 {
		h := start(t, b.workspace, b.pipeline())
		h.initialize(nil)
		h.notify("workspace/didChangeConfiguration", map[string]any{"settings": map[string]any{}})
		h.openSource(eater)
		h.eventually("the marks of the crash", h.marked)
	}
}

// An editor that starts its server again says until when the user was told.
func TestWhatWasToldIsNotToldAgain(t *testing.T) {
	t.Parallel()
	begin := func(toldUntil string) (h *harness, told func() bool) {
		b := newBuilder(t)
		b.build("crash")
		h = start(t, b.workspace, b.pipeline())
		h.initialize(map[string]any{"toldUntil": toldUntil})
		h.openSource(eater)
		return h, func() bool {
			for _, r := range h.Received() {
				if r.Method == "window/showMessageRequest" || r.Method == "window/showMessage" {
					return true
				}
			}
			return false
		}
	}
	for _, never := range []string{"", "no time", "2001-01-01T00:00:00Z"} {
		h, told := begin(never)
		h.eventually("the message", told)
	}
	h, told := begin(time.Now().Add(time.Hour).Format(time.RFC3339Nano))
	h.eventually("the marks of the crash", h.marked)
	h.settled()
	if err := h.Shutdown(h.ctx); err != nil {
		t.Fatal(err)
	}
	if told() {
		t.Error("told again")
	}
}
