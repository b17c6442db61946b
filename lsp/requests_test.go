// SPDX-License-Identifier: Apache-2.0

package lsp

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.lsp.dev/protocol"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/lsp/internal/show"
	"example.invalid/starlark-memls/lsp/lsptest"
)

// workspace writes files and returns their folder.
func workspace(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func suspect(name, file string) suspectFixture {
	return suspectFixture{Name: name, File: file, Score: 0.9,
		Evidence: attribution.Evidence{attribution.Crashes.Is(3), attribution.ActiveAtCrash.Is(3), attribution.RetainedBytes.Is(300 << 20)}}
}

// What is written by hand for speed is what the protocol's encoder would write.
func TestLensesAreAsTheEncoderWritesThem(t *testing.T) {
	t.Parallel()
	h := start(t, workspace(t, map[string]string{"MODULE.bazel": "", "a.bzl": "x = '\"😀'\ndef f(x):\n    pass\n"}),
		fixturePipeline(&evidenceFixture{Suspects: []suspectFixture{suspect("f", "a.bzl")}}))
	h.initialize(nil)
	h.openSource("a.bzl")
	h.settled()
	var raw json.RawMessage
	h.call("textDocument/codeLens", docParams(h.uri("a.bzl")), &raw)
	var lenses []protocol.CodeLens
	if err := protocol.Unmarshal(raw, &lenses); err != nil || len(lenses) != 1 {
		t.Fatalf("%s: %v", raw, err)
	}
	again, err := protocol.Marshal(lenses)
	if err != nil || string(again) != string(raw) {
		t.Errorf("%s\nis not\n%s", raw, again)
	}
}

// A client that resolves gets places only when there are many, and the words
// on asking.
func TestManyLensesAreResolvedLate(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	fixture := &evidenceFixture{}
	for i := range show.ManyLenses + 1 {
		fmt.Fprintf(&text, "def f%d():\n    pass\n", i)
		fixture.Suspects = append(fixture.Suspects, suspect(fmt.Sprintf("f%d", i), "a.bzl"))
	}
	h := start(t, workspace(t, map[string]string{"MODULE.bazel": "", "a.bzl": text.String()}), fixturePipeline(fixture))
	h.initialize(nil)
	h.openSource("a.bzl")
	h.settled()
	var lenses []map[string]any
	h.call("textDocument/codeLens", docParams(h.uri("a.bzl")), &lenses)
	if len(lenses) != show.ManyLenses+1 || lenses[7]["command"] != nil || lenses[7]["data"] == nil {
		t.Fatalf("%d lenses, the eighth %v", len(lenses), lenses[7])
	}
	var resolved struct {
		Command struct{ Title, Command string }
	}
	h.call("codeLens/resolve", lenses[7], &resolved)
	if resolved.Command.Command != show.CommandShowEvidence || !strings.HasPrefix(resolved.Command.Title, "#8 ") {
		t.Errorf("resolved to %+v", resolved)
	}
}

// Marks follow their lines through edits at once, and are dropped when the
// function is gone.
func TestMarksFollowEdits(t *testing.T) {
	t.Parallel()
	h := start(t, workspace(t, map[string]string{"MODULE.bazel": "", "a.bzl": "def f(x):\n    pass\n"}),
		fixturePipeline(&evidenceFixture{Suspects: []suspectFixture{suspect("f", "a.bzl")}}))
	h.initialize(nil)
	h.openSource("a.bzl")
	h.settled()
	change := func(version, line int, text string) {
		h.notify("textDocument/didChange", map[string]any{
			"textDocument": map[string]any{"uri": h.uri("a.bzl"), "version": version},
			"contentChanges": []any{map[string]any{"text": text, "range": map[string]any{
				"start": map[string]any{"line": line, "character": 0}, "end": map[string]any{"line": line, "character": 0}}}},
		})
	}
	for i := range 50 {
		change(i+2, 0, "# above\n")
		if got := h.lenses("a.bzl"); len(got) != 1 || !strings.HasPrefix(got[0], fmt.Sprintf("%d ", i+2)) {
			t.Fatalf("after %d lines above: %v", i+1, got)
		}
	}
	h.settled()
	if got := h.lenses("a.bzl"); len(got) != 1 || !strings.HasPrefix(got[0], "51 ") {
		t.Errorf("after the analysis: %v", got)
	}
	h.notify("textDocument/didChange", map[string]any{"textDocument": map[string]any{"uri": h.uri("a.bzl"), "version": 99},
		"contentChanges": []any{map[string]any{"text": "def g(x):\n    pass\n"}}})
	h.eventually("the lens's end", func() bool { return len(h.lenses("a.bzl")) == 0 })
	h.notify("textDocument/didClose", docParams(h.uri("a.bzl"))) // not saved: the disk counts again
	h.eventually("the diagnostic of the file on disk", func() bool { return len(h.lastDiagnostics("a.bzl")) == 1 })
}

// A buffer that is opened unlike its file has its marks in the right places
// before anything is analysed again.
func TestOpeningAnUnsavedBuffer(t *testing.T) {
	t.Parallel()
	h := start(t, workspace(t, map[string]string{"MODULE.bazel": "", "a.bzl": "def f(x):\n    pass\n"}),
		fixturePipeline(&evidenceFixture{Suspects: []suspectFixture{suspect("f", "a.bzl")}}))
	h.initialize(nil)
	h.settled()
	h.open("a.bzl", "# one\n# two\ndef f(x):\n    pass\n")
	if got := h.lenses("a.bzl"); len(got) != 1 || !strings.HasPrefix(got[0], "3 ") {
		t.Errorf("%v", got)
	}
}

func TestFilesThatChangeOnDisk(t *testing.T) {
	t.Parallel()
	h := start(t, workspace(t, map[string]string{"MODULE.bazel": "", "a.bzl": "def f(x):\n    pass\n"}),
		fixturePipeline(&evidenceFixture{Suspects: []suspectFixture{suspect("f", "a.bzl")}}))
	h.initialize(nil)
	h.eventually("a diagnostic of a file that is not open", func() bool { return len(h.lastDiagnostics("a.bzl")) == 1 })
	if err := os.WriteFile(filepath.Join(h.root, "a.bzl"), []byte("\n\ndef f(x):\n    pass\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	h.notify("workspace/didChangeWatchedFiles", map[string]any{"changes": []any{map[string]any{"uri": h.uri("a.bzl"), "type": 2}}})
	h.eventually("the diagnostic at its new line", func() bool {
		d := h.lastDiagnostics("a.bzl")
		return len(d) == 1 && d[0].Range.Start.Line == 2
	})
	if err := os.Remove(filepath.Join(h.root, "a.bzl")); err != nil {
		t.Fatal(err)
	}
	h.notify("workspace/didChangeWatchedFiles", map[string]any{"changes": []any{map[string]any{"uri": h.uri("a.bzl"), "type": 3}}})
	h.eventually("the diagnostic's end", func() bool { return len(h.lastDiagnostics("a.bzl")) == 0 })
}

func TestWorkspaceFoldersComeAndGo(t *testing.T) {
	t.Parallel()
	fixture := fixturePipeline(&evidenceFixture{Suspects: []suspectFixture{suspect("f", "a.bzl")}})
	source := map[string]string{"MODULE.bazel": "", "a.bzl": "def f(x):\n    pass\n"}
	h := start(t, workspace(t, source), fixture)
	h.initialize(nil)
	h.settled()
	second := workspace(t, source)
	folder := map[string]any{"uri": "file://" + second, "name": "second"}
	h.notify("workspace/didChangeWorkspaceFolders", map[string]any{"event": map[string]any{"added": []any{folder}, "removed": []any{}}})
	h.eventually("the second's diagnostic", func() bool { return h.told(second+"/a.bzl", 1) })
	h.notify("workspace/didChangeWorkspaceFolders", map[string]any{"event": map[string]any{"added": []any{}, "removed": []any{folder}}})
	h.eventually("its end", func() bool { return h.told(second+"/a.bzl", 0) })
	if len(h.lastDiagnostics("a.bzl")) != 1 {
		t.Error("the first folder's diagnostic is gone, too")
	}
}

// told reports whether the last diagnostics of a path are that many.
func (h *harness) told(path string, n int) bool {
	last := -1
	for _, r := range h.Received() {
		var p struct {
			URI         string
			Diagnostics []any
		}
		if r.Method == "textDocument/publishDiagnostics" && json.Unmarshal(r.Params, &p) == nil && p.URI == "file://"+path {
			last = len(p.Diagnostics)
		}
	}
	return last == n
}

func TestPulledDiagnostics(t *testing.T) {
	t.Parallel()
	h := start(t, workspace(t, map[string]string{"MODULE.bazel": "", "a.bzl": "def f(x):\n    pass\n"}),
		fixturePipeline(&evidenceFixture{Suspects: []suspectFixture{suspect("f", "a.bzl")}}))
	result := h.initialize(map[string]any{"diagnostics.delivery": "pull"})
	if !strings.Contains(string(result), `"diagnosticProvider"`) {
		t.Errorf("pulling is not offered: %s", result)
	}
	h.settled()
	type report struct {
		Kind, ResultID, URI string
		Items               []any
	}
	var all struct{ Items []report }
	h.call("workspace/diagnostic", map[string]any{"previousResultIds": []any{}}, &all)
	if len(all.Items) != 1 || all.Items[0].Kind != "full" || len(all.Items[0].Items) != 1 || all.Items[0].URI != h.uri("a.bzl") {
		t.Fatalf("%+v", all)
	}
	previous := []any{map[string]any{"uri": all.Items[0].URI, "value": all.Items[0].ResultID}}
	h.call("workspace/diagnostic", map[string]any{"previousResultIds": previous}, &all)
	if len(all.Items) != 1 || all.Items[0].Kind != "unchanged" {
		t.Errorf("asked again: %+v", all)
	}
	h.openSource("a.bzl")
	var one report
	h.call("textDocument/diagnostic", docParams(h.uri("a.bzl")), &one)
	if one.Kind != "full" || len(one.Items) != 1 {
		t.Errorf("the document's: %+v", one)
	}
	for _, r := range h.Received() {
		if r.Method == "textDocument/publishDiagnostics" {
			t.Error("pushed as well")
		}
	}
}

// Random requests in random order, with edits, closes and cancellations
// between them: no crash, and every lens is on the line of its function in the
// very text that was sent before the request.
func TestRandomRequests(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	h := start(t, workspace(t, map[string]string{"MODULE.bazel": "", "a.bzl": "def f(x):\n    pass\n"}),
		fixturePipeline(&evidenceFixture{Suspects: []suspectFixture{suspect("f", "a.bzl")}, Crashes: []crashFixture{{Stack: []frameFixture{{Function: "f", File: "a.bzl", Line: 2}}}}}))
	h.initialize(nil)
	h.settled()
	text, version := "", 0
	methods := []string{"textDocument/codeLens", "textDocument/hover", "textDocument/inlayHint", "textDocument/codeAction", "textDocument/diagnostic"}
	for range 3000 {
		switch n := random.IntN(10); {
		case version == 0:
			text, version = "def f(x):\n    pass\n", 1
			h.open("a.bzl", text)
		case n == 0:
			h.notify("textDocument/didClose", docParams(h.uri("a.bzl")))
			version = 0
		case n < 4:
			version++
			line := random.IntN(strings.Count(text, "\n"))
			at := map[string]any{"line": line, "character": 0}
			lines := strings.SplitAfter(text, "\n")
			text = strings.Join(lines[:line], "") + "# c\n" + strings.Join(lines[line:], "")
			h.notify("textDocument/didChange", map[string]any{"textDocument": map[string]any{"uri": h.uri("a.bzl"), "version": version},
				"contentChanges": []any{map[string]any{"text": "# c\n", "range": map[string]any{"start": at, "end": at}}}})
		default:
			params := docParams(h.uri("a.bzl"))
			at := map[string]any{"line": random.IntN(100), "character": random.IntN(100)}
			params["position"], params["range"] = at, map[string]any{"start": map[string]any{"line": 0, "character": 0}, "end": at}
			params["context"] = map[string]any{"diagnostics": []any{}}
			id, pending, err := h.Start(methods[random.IntN(len(methods))], params)
			if err != nil {
				t.Fatal(err)
			}
			if n == 9 {
				h.notify("$/cancelRequest", map[string]any{"id": id})
			}
			if _, err := h.Wait(h.ctx, id, pending); err != nil && n != 9 {
				t.Fatal(err)
			}
		}
		if version == 0 || random.IntN(5) > 0 {
			continue
		}
		want := 1 + strings.Count(text[:strings.Index(text, "def f(")], "\n")
		if got := h.lenses("a.bzl"); len(got) != 1 || !strings.HasPrefix(got[0], fmt.Sprintf("%d ", want)) {
			t.Fatalf("the lens is %v, want line %d of %q", got, want, text)
		}
	}
}

// A client that asks for it is told of each change of the report.
func TestReportChangesAreTold(t *testing.T) {
	t.Parallel()
	h := start(t, workspace(t, map[string]string{"MODULE.bazel": "", "a.bzl": "def f(x):\n    pass\n"}),
		fixturePipeline(&evidenceFixture{Suspects: []suspectFixture{suspect("f", "a.bzl")},
			Crashes: []crashFixture{{Target: "//:t", Stack: []frameFixture{{Function: "f", File: "a.bzl", Line: 2}}}}}))
	params := fixtureParams(t, "vscode139-lc11.json", h.root)
	params["capabilities"].(map[string]any)["experimental"] = map[string]any{"starlarkMemls": map[string]any{"reportChanged": true}}
	if _, err := h.Initialize(h.ctx, params); err != nil {
		t.Fatal(err)
	}
	r, err := h.Await(h.ctx, 0, func(r lsptest.Received) bool { return r.Method == show.MethodReportChanged })
	if err != nil {
		t.Fatal(err)
	}
	var o show.Overview
	if err := json.Unmarshal(r.Params, &o); err != nil {
		t.Fatal(err)
	}
	if len(o.Crashes) != 1 || len(o.Crashes[0].Places) != 1 || o.Crashes[0].Places[0].File != "a.bzl" || o.Crashes[0].Places[0].Line != 2 ||
		len(o.Suspects) != 1 || o.Suspects[0].Places[0].URI != h.uri("a.bzl") {
		t.Errorf("told %s", r.Params)
	}
}

func TestProgressIsCancelled(t *testing.T) {
	t.Parallel()
	h := start(t, t.TempDir(), quietPipeline())
	h.initialize(nil)
	ctx, p, end := h.server.Begin(h.ctx, protocol.String("token"), "Work")
	defer end()
	p.Report("half")
	h.notify("window/workDoneProgress/cancel", map[string]any{"token": "token"})
	select {
	case <-ctx.Done():
	case <-time.After(patience):
		t.Fatal("the work goes on")
	}
}

func TestPlainTextHover(t *testing.T) {
	t.Parallel()
	const markdown = "**`a_b`** no. 1\n\n| evidence | | |\n|---|---:|---|\n| GC \\| x | 3 | of \\_them |\n\n# Head\n```\n  code\n```\n- a\\*b &lt;c&gt;"
	const want = "a_b no. 1\n\nGC | x: 3 (of _them)\n\nHead\n  code\n- a*b <c>"
	if got := show.PlainText(markdown); got != want {
		t.Errorf("%q\nwant\n%q", got, want)
	}
}
