// SPDX-License-Identifier: Apache-2.0

package show

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/join"
	"example.invalid/starlark-memls/internal/codes"
	"example.invalid/starlark-memls/lsp/internal/text"
	"example.invalid/starlark-memls/lsp/settings"
	"example.invalid/starlark-memls/starlark"
)

// The line that holds the heap has a lens above it, a hover and a diagnostic, and
// no other line has.
func TestHeldLine(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	ws, err := starlark.Load(context.Background(), root, starlark.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(root, "audit.bzl")
	const holds = "holds 137 MiB of the 156 MiB live heap (88 %) through AuditInfo.records in 965 targets"
	const saving = "965 lists in AuditInfo.records are depsets flattened: 120 MiB would be saved; hand on the depset itself"
	held := func(change func(*attribution.HeldLine)) attribution.HeldLine {
		l := attribution.HeldLine{What: "AuditInfo.records", Source: path, File: "//:audit.bzl", Line: 2, Bytes: 137 << 20, LiveBytes: 156 << 20, Targets: 965, Crash: "/c/crash"}
		change(&l)
		return l
	}
	for name, test := range map[string]struct {
		held     attribution.HeldLine
		older    bool
		settings func(*settings.Settings)
		source   string // of the second line
		message  string // of the diagnostic, "" for none
		severity codes.Severity
		shown    bool // lens and hover
		opens    bool // the crash's page
	}{
		"a crash": {held: held(func(*attribution.HeldLine) {}), message: "This " + holds + ".", severity: codes.Warning, shown: true, opens: true},
		"a saving": {held: held(func(l *attribution.HeldLine) {
			l.Finding, l.Advice, l.SavesBytes = "965 lists in AuditInfo.records are depsets flattened", "hand on the depset itself", 120<<20
		}), message: "This " + holds + ". " + saving + ".", severity: codes.Warning, shown: true, opens: true},
		"an older crash":   {held: held(func(*attribution.HeldLine) {}), older: true, message: "This " + holds + ".", severity: codes.Information, shown: true, opens: true},
		"a living server":  {held: held(func(l *attribution.HeldLine) { l.Crash = "/c/live.hprof" }), message: "This " + holds + ".", severity: codes.Information, shown: true},
		"an edited source": {held: held(func(l *attribution.HeldLine) { l.Stale = true }), message: "This " + holds + ". The source was edited since.", severity: codes.Warning, shown: true, opens: true},
		"switched off": {held: held(func(*attribution.HeldLine) {}), settings: func(s *settings.Settings) {
			s.Severities = map[string]codes.Severity{"ML007": codes.Off}
		}, shown: true, opens: true},
		"ignored":           {held: held(func(*attribution.HeldLine) {}), source: "    return AuditInfo(records = x)  # memls: ignore[ML007]", shown: true, opens: true},
		"not in the folder": {held: held(func(l *attribution.HeldLine) { l.Source = "" })},
		"no line":           {held: held(func(l *attribution.HeldLine) { l.Line = 0 })},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if test.source == "" {
				test.source = "    return AuditInfo(records = x)"
			}
			r := &attribution.Report{Held: []attribution.HeldLine{test.held}, Crashes: []attribution.Crash{{Crash: join.Crash{Path: "/c/other"}}, {Crash: join.Crash{Path: "/c/crash", Older: test.older}}}}
			u := uri.File(path)
			d := text.New(u, path, 1, 1, "def _impl(ctx):\n"+test.source+"\n")
			v := &Snapshot{Settings: settings.Default(), Documents: map[uri.URI]*text.Document{u: d}}
			if test.settings != nil {
				test.settings(&v.Settings)
			}
			v.Client.Encoding = protocol.PositionEncodingKindUTF16
			v.Folders = []*Folder{{Root: root, Analysis: &Analysis{Report: r, Annotations: NewAnnotations(r, nil), Workspace: ws, Seen: 1}}}

			var lenses []protocol.CodeLens
			raw, err := CodeLenses(context.Background(), v, &protocol.CodeLensParams{TextDocument: protocol.TextDocumentIdentifier{URI: u}})
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(raw, &lenses); err != nil {
				t.Fatal(err)
			}
			if (len(lenses) == 1) != test.shown {
				t.Errorf("lenses %s", raw)
			}
			for _, l := range lenses {
				if l.Range.Start.Line != 1 || l.Command.Title != holds || l.Command.Command != CommandShowCrashReport || (len(l.Command.Arguments) == 1) != test.opens ||
					test.opens && string(l.Command.Arguments[0]) != `{"crash":1}` {
					t.Errorf("lens %s", raw)
				}
			}
			for line := range uint32(2) {
				h, err := Hover(context.Background(), v, &protocol.HoverParams{TextDocumentPositionParams: protocol.TextDocumentPositionParams{
					TextDocument: protocol.TextDocumentIdentifier{URI: u}, Position: protocol.Position{Line: line}}})
				if err != nil {
					t.Fatal(err)
				}
				if (h != nil) != (test.shown && line == 1) {
					t.Errorf("hover on line %d: %+v", line, h)
				}
				if h == nil {
					continue
				}
				said := h.Contents.(*protocol.MarkupContent).Value
				if !strings.Contains(said, holds) || strings.Contains(said, saving) != (test.held.SavesBytes > 0) || !strings.Contains(said, "estimated") {
					t.Errorf("hover says %q", said)
				}
			}
			all := Diagnostics(v, d, nil)
			if test.message == "" {
				if len(all) > 0 {
					t.Errorf("diagnostics %+v", all)
				}
				return
			}
			if len(all) != 1 || all[0].Code != protocol.String("ML007") || all[0].Message != protocol.String(test.message) || all[0].Range.Start.Line != 1 || all[0].Severity != protocol.DiagnosticSeverity(test.severity) {
				t.Errorf("diagnostics %+v", all)
			}
		})
	}
}
