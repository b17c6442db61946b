// SPDX-License-Identifier: Apache-2.0

package lsp

import (
	"testing"
	"time"

	"example.invalid/starlark-memls/lsp/internal/session"
)

// Someone who types without a pause still gets an analysis now and then.
func TestTypingWithoutPauseIsAnalysed(t *testing.T) {
	t.Parallel()
	h := start(t, workspace(t, map[string]string{"MODULE.bazel": "", "a.bzl": "def f(x):\n    pass\n"}), quietPipeline())
	h.initialize(nil)
	h.openSource("a.bzl")
	h.settled()
	first := h.server.Current().Folders[0].Analysis.Seen
	analysed := func() bool { return h.server.Current().Folders[0].Analysis.Seen != first }
	for i, deadline := 0, time.Now().Add(patience); !analysed(); i++ {
		if time.Now().After(deadline) {
			t.Fatal("nothing was analysed while typing")
		}
		at := map[string]any{"line": 0, "character": 0}
		h.notify("textDocument/didChange", map[string]any{
			"textDocument":   map[string]any{"uri": h.uri("a.bzl"), "version": i + 2},
			"contentChanges": []any{map[string]any{"text": "#\n", "range": map[string]any{"start": at, "end": at}}}})
		time.Sleep(session.EditPause / 10)
	}
	if n := len(h.server.Current().Documents); n != 1 {
		t.Fatalf("%d documents", n)
	}
	h.settled()
	for _, d := range h.server.Current().Documents {
		if len(d.Edits) != 0 || len(d.Moves) != 0 {
			t.Errorf("after the analysis %d edits are remembered", len(d.Edits))
		}
	}
}
