// SPDX-License-Identifier: Apache-2.0

package lsp

import (
	"encoding/json"
	"testing"
)

// The client is asked, pushes, or says it in the beginning.
func TestSettingsArrive(t *testing.T) {
	t.Parallel()
	h := start(t, t.TempDir(), quietPipeline())
	h.Handle("workspace/configuration", func(json.RawMessage) (any, error) {
		return []any{map[string]any{"codeLens": map[string]any{"enable": false}}}, nil
	})
	h.initialize(map[string]any{"hover.enable": false})
	h.eventually("both", func() bool {
		s := h.server.Current().Settings
		return !s.CodeLens && !s.Hover && s.InlayHints
	})
	h.Handle("workspace/configuration", func(json.RawMessage) (any, error) { return []any{map[string]any{}}, nil })
	h.notify("workspace/didChangeConfiguration", map[string]any{"settings": nil})
	h.eventually("the lens again", func() bool {
		s := h.server.Current().Settings
		return s.CodeLens && !s.Hover
	})

	pushed := start(t, t.TempDir(), quietPipeline())
	if _, err := pushed.Initialize(pushed.ctx, fixtureParams(t, "ale33.json", pushed.root)); err != nil {
		t.Fatal(err)
	}
	pushed.notify("workspace/didChangeConfiguration", map[string]any{"settings": map[string]any{"starlarkMemls": map[string]any{"inlayHints": map[string]any{"enable": false}}}})
	pushed.eventually("the push", func() bool { return !pushed.server.Current().Settings.InlayHints })
}
