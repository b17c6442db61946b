// SPDX-License-Identifier: Apache-2.0

package lsp

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const grown = `AuditInfo = provider()

def _audit_impl(ctx):
    records = []
    for dep in ctx.attr.deps:
        records += dep[AuditInfo].records
    return [AuditInfo(records = records)]

audit = rule(implementation = _audit_impl)
`

// TestWhatGrowsIsAHint: what the sources alone say is a hint on its line, with
// the places that belong to it; it can be explained and silenced, and is gone
// when it is mended.
func TestWhatGrowsIsAHint(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for name, content := range map[string]string{"MODULE.bazel": "", "BUILD": "", "audit.bzl": grown} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	h := start(t, root, quietPipeline())
	h.initialize(map[string]any{"lint.enable": true})
	h.openSource("audit.bzl")
	h.eventually("the hint", func() bool { return len(h.lastDiagnostics("audit.bzl")) == 1 })
	told := h.lastPublished("audit.bzl")
	for _, part := range []string{`"code":"ML101"`, `"severity":4`, `"line":6,"character":32`, `is read here`, `AuditInfo.records is a list that copies`} {
		if !strings.Contains(told, part) {
			t.Errorf("the hint lacks %s: %s", part, told)
		}
	}
	var raw json.RawMessage
	h.call("textDocument/codeAction", map[string]any{
		"textDocument": map[string]any{"uri": h.uri("audit.bzl")}, "context": map[string]any{"diagnostics": []any{}},
		"range": map[string]any{"start": map[string]any{"line": 6, "character": 32}, "end": map[string]any{"line": 6, "character": 32}},
	}, &raw)
	actions := string(raw)
	for _, part := range []string{"Make AuditInfo.records a depset", `"newText":"records_below.append(dep[AuditInfo].records)"`, "Explain ML101", "Suppress ML101 with a comment"} {
		if !strings.Contains(actions, part) {
			t.Errorf("the actions lack %q: %s", part, actions)
		}
	}
	h.notify("textDocument/didChange", map[string]any{
		"textDocument":   map[string]any{"uri": h.uri("audit.bzl"), "version": 2},
		"contentChanges": []any{map[string]any{"text": strings.Replace(grown, "records = records", "records = records[:1]", 1)}}})
	h.eventually("its end", func() bool { return len(h.lastDiagnostics("audit.bzl")) == 0 })
}

// lastPublished are the diagnostics of a file as they were published last.
func (h *harness) lastPublished(path string) string {
	last := ""
	for _, m := range h.Received() {
		if m.Method == "textDocument/publishDiagnostics" && strings.Contains(string(m.Params), h.uri(path)) {
			last = string(m.Params)
		}
	}
	return last
}
