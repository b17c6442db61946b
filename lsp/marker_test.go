// SPDX-License-Identifier: Apache-2.0

package lsp

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"example.invalid/starlark-memls/lsp/internal/paths"
)

// Marker tests, in the spirit of gopls': testdata/marker/*.txtar hold a
// workspace, the evidence (evidence.json, see fixture_test.go), perhaps the
// client's settings (settings.json) and the name of an editor's initialize
// (client), and what the editor then shows: want/lenses, want/hints,
// want/diagnostics, want/actions, and want/hover for each line that has the
// comment "#@hover". `go test -run Marker -update` writes what is shown now.

var update = flag.Bool("update", false, "write the golden sections of testdata/marker")

func TestMarker(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/marker/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no marker tests: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			m := newMarkerTest(t, archive)
			m.run()
			if *update {
				if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

type markerTest struct {
	t       *testing.T
	h       *harness
	archive *txtar.Archive
	sources []txtar.File
}

func newMarkerTest(t *testing.T, archive *txtar.Archive) *markerTest {
	m := &markerTest{t: t, archive: archive}
	root := t.TempDir()
	client, settings := "vscode139-lc11.json", map[string]any{}
	evidence := &evidenceFixture{}
	for _, f := range archive.Files {
		var err error
		switch {
		case f.Name == "evidence.json":
			evidence, err = parseFixture(f.Data)
		case f.Name == "settings.json":
			err = json.Unmarshal(f.Data, &settings)
		case f.Name == "client":
			client = strings.TrimSpace(string(f.Data))
		case strings.HasPrefix(f.Name, "want/"):
		default:
			m.sources = append(m.sources, f)
			path := filepath.Join(root, f.Name)
			if err = os.MkdirAll(filepath.Dir(path), 0o700); err == nil {
				err = os.WriteFile(path, f.Data, 0o600)
			}
		}
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
	}
	m.h = start(t, root, fixturePipeline(evidence))
	params := fixtureParams(t, client, root)
	params["initializationOptions"] = settings
	if _, err := m.h.Initialize(m.h.ctx, params); err != nil {
		t.Fatal(err)
	}
	return m
}

func (m *markerTest) run() {
	for _, f := range m.sources {
		if paths.IsSource("/" + f.Name) {
			m.h.open(f.Name, string(f.Data))
		}
	}
	m.h.settled()
	m.want("lenses", m.lenses())
	m.want("hints", m.hints())
	m.want("diagnostics", m.diagnostics())
	m.want("hover", m.hovers())
	m.want("actions", m.actions())
}

// want compares with a golden section, or writes it. A section that is absent
// is not asked for.
func (m *markerTest) want(name, got string) {
	m.t.Helper()
	got = strings.ReplaceAll(got, m.h.root, "$ROOT")
	got = strings.ReplaceAll(got, m.h.server.CacheDir, "$CACHE")
	i := slices.IndexFunc(m.archive.Files, func(f txtar.File) bool { return f.Name == "want/"+name })
	if i < 0 {
		return
	}
	if *update {
		m.archive.Files[i].Data = []byte(got)
		return
	}
	if diff := cmp.Diff(string(m.archive.Files[i].Data), got); diff != "" {
		m.t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

type wirePosition struct{ Line, Character int }
type wireRange struct{ Start, End wirePosition }

func (r wireRange) String() string {
	return fmt.Sprintf("%d:%d-%d:%d", r.Start.Line+1, r.Start.Character+1, r.End.Line+1, r.End.Character+1)
}

// each runs f on every source that is open.
func (m *markerTest) each(f func(name string, text []byte) string) string {
	var b strings.Builder
	for _, s := range m.sources {
		if paths.IsSource("/" + s.Name) {
			b.WriteString(f(s.Name, s.Data))
		}
	}
	return b.String()
}

func (m *markerTest) lenses() string {
	return m.each(func(name string, _ []byte) string {
		var lenses []struct {
			Range   wireRange
			Command struct {
				Title, Command string
				Arguments      []json.RawMessage
			}
		}
		m.h.call("textDocument/codeLens", docParams(m.h.uri(name)), &lenses)
		var b strings.Builder
		for _, l := range lenses {
			fmt.Fprintf(&b, "%s:%s %s\n\t%s %s\n", name, l.Range, l.Command.Title, l.Command.Command, bytes.Join(rawBytes(l.Command.Arguments), []byte(" ")))
		}
		return b.String()
	})
}

func rawBytes(all []json.RawMessage) (out [][]byte) {
	for _, r := range all {
		out = append(out, r)
	}
	return out
}

func (m *markerTest) hints() string {
	return m.each(func(name string, text []byte) string {
		params := docParams(m.h.uri(name))
		params["range"] = map[string]any{"start": map[string]any{"line": 0, "character": 0},
			"end": map[string]any{"line": bytes.Count(text, []byte("\n")), "character": 0}}
		var hints []struct {
			Position wirePosition
			Label    string
		}
		m.h.call("textDocument/inlayHint", params, &hints)
		var b strings.Builder
		for _, h := range hints {
			fmt.Fprintf(&b, "%s:%d:%d %s\n", name, h.Position.Line+1, h.Position.Character+1, h.Label)
		}
		return b.String()
	})
}

type wireDiagnostic struct {
	Range              wireRange
	Severity           int
	Code               string
	CodeDescription    struct{ Href string }
	Message            string
	RelatedInformation []struct {
		Location struct {
			URI   string
			Range wireRange
		}
		Message string
	}
}

func (m *markerTest) diagnostics() string {
	return m.each(func(name string, _ []byte) string {
		var report struct {
			Kind  string
			Items []wireDiagnostic
		}
		m.h.call("textDocument/diagnostic", docParams(m.h.uri(name)), &report)
		var b strings.Builder
		for _, d := range report.Items {
			fmt.Fprintf(&b, "%s:%s %s %s: %s\n", name, d.Range, []string{"", "error", "warning", "information", "hint"}[d.Severity], d.Code, d.Message)
			if d.CodeDescription.Href != "" {
				fmt.Fprintf(&b, "\tsee %s\n", d.CodeDescription.Href)
			}
			for _, r := range d.RelatedInformation {
				fmt.Fprintf(&b, "\t%s:%s %s\n", r.Location.URI, r.Location.Range, r.Message)
			}
		}
		return b.String()
	})
}

func (m *markerTest) hovers() string {
	return m.each(func(name string, text []byte) string {
		var b strings.Builder
		for i, line := range strings.Split(string(text), "\n") {
			if !strings.Contains(line, "#@hover") {
				continue
			}
			params := docParams(m.h.uri(name))
			params["position"] = map[string]any{"line": i, "character": 5}
			var hover struct {
				Contents struct{ Kind, Value string }
			}
			m.h.call("textDocument/hover", params, &hover)
			fmt.Fprintf(&b, "== %s:%d %s\n%s\n", name, i+1, hover.Contents.Kind, hover.Contents.Value)
		}
		return b.String()
	})
}

func (m *markerTest) actions() string {
	return m.each(func(name string, text []byte) string {
		var b strings.Builder
		for i := range strings.Split(string(text), "\n") {
			at := map[string]any{"line": i, "character": 0}
			params := docParams(m.h.uri(name))
			params["range"], params["context"] = map[string]any{"start": at, "end": at}, map[string]any{"diagnostics": []any{}}
			var actions []struct {
				Title string
				Edit  *struct {
					DocumentChanges []struct {
						Edits []struct {
							Range   wireRange
							NewText string
						}
					}
				}
			}
			m.h.call("textDocument/codeAction", params, &actions)
			for _, a := range actions {
				fmt.Fprintf(&b, "%s:%d %s\n", name, i+1, a.Title)
				if a.Edit == nil {
					continue
				}
				for _, c := range a.Edit.DocumentChanges {
					for _, e := range c.Edits {
						fmt.Fprintf(&b, "\t%s %q\n", e.Range, e.NewText)
					}
				}
			}
		}
		return b.String()
	})
}
