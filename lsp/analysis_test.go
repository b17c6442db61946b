// SPDX-License-Identifier: Apache-2.0

package lsp

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/internal/bazel/outputbase"
	"example.invalid/starlark-memls/lsp/settings"
	"example.invalid/starlark-memls/starlark"
)

// Edits that come while an analysis is under way wait for it, and are then
// analysed together, not one after the other.
func TestEditsAreAnalysedTogether(t *testing.T) {
	t.Parallel()
	var analyses atomic.Int64
	p := fixturePipeline(&evidenceFixture{Suspects: []suspectFixture{suspect("f", "a.bzl")}})
	rebase := p.Rebase
	p.Rebase = func(r *attribution.Report, ws *starlark.Workspace) *attribution.Report {
		analyses.Add(1)
		return rebase(r, ws)
	}
	h := start(t, workspace(t, map[string]string{"MODULE.bazel": "", "a.bzl": "def f(x):\n    pass\n"}), p)
	h.initialize(nil)
	h.openSource("a.bzl")
	h.settled()
	release, err := h.server.Turns.Take(h.ctx, h.server.Current().Folders[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	before := analyses.Load()
	const edits = 50
	for i := range edits {
		at := map[string]any{"line": 0, "character": 0}
		h.notify("textDocument/didChange", map[string]any{"textDocument": map[string]any{"uri": h.uri("a.bzl"), "version": i + 2},
			"contentChanges": []any{map[string]any{"text": "#\n", "range": map[string]any{"start": at, "end": at}}}})
	}
	// No request waits for the analysis either.
	if got, want := h.lenses("a.bzl"), fmt.Sprintf("%d #1", edits+1); len(got) != 1 || got[0][:len(want)] != want {
		t.Errorf("while an analysis is under way: %q, want %s", got, want)
	}
	release()
	h.settled()
	// One for all; a second if the first began before the last was noted.
	if n := analyses.Load() - before; n < 1 || n > 2 {
		t.Errorf("%d edits were analysed %d times", edits, n)
	}
}

// An analysis that an edit overtakes is cancelled while it runs, and no request
// waits for it: what is asked meanwhile is answered, what is concluded in the
// end is of the last edit.
func TestAnAnalysisThatIsOvertakenIsCancelled(t *testing.T) {
	t.Parallel()
	p := fixturePipeline(&evidenceFixture{Suspects: []suspectFixture{suspect("f", "a.bzl")}})
	// The scan concludes as well, and is not overtaken by edits: later.
	scan := make(chan struct{})
	letScan := sync.OnceFunc(func() { close(scan) })
	p.Find = func(string, settings.Settings) (*outputbase.OutputBase, error) {
		<-scan
		return nil, outputbase.ErrNotFound
	}
	held := make(chan context.Context, 2)
	var loads atomic.Int64
	load := p.Load
	p.Load = func(ctx context.Context, root string, options starlark.LoadOptions) (*starlark.Workspace, error) {
		if loads.Add(1) > 2 {
			return load(ctx, root, options)
		}
		held <- ctx
		<-ctx.Done()
		return nil, ctx.Err()
	}
	h := start(t, workspace(t, map[string]string{"MODULE.bazel": "", "a.bzl": "def f(x):\n    pass\n"}), p)
	t.Cleanup(letScan)
	h.initialize(nil)
	first := receive(t, held)
	h.openSource("a.bzl")
	receive(t, first.Done())
	second := receive(t, held)
	if got := h.lenses("a.bzl"); len(got) != 0 {
		t.Errorf("before the first analysis there are the lenses %q", got)
	}
	at := map[string]any{"line": 0, "character": 0}
	h.notify("textDocument/didChange", map[string]any{"textDocument": map[string]any{"uri": h.uri("a.bzl"), "version": 2},
		"contentChanges": []any{map[string]any{"text": "#\n#\n", "range": map[string]any{"start": at, "end": at}}}})
	receive(t, second.Done())
	letScan()
	h.settled()
	if got, want := h.lenses("a.bzl"), "3 #1"; len(got) != 1 || got[0][:len(want)] != want {
		t.Errorf("after the edit: %q, want %s", got, want)
	}
}
