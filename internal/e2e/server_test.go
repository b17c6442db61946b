// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.invalid/starlark-memls/internal/bazeltest"
	"example.invalid/starlark-memls/lsp/lsptest"
)

// patience is how long the server may take to notice that a build has ended.
const patience = 5 * time.Minute

// TestServerMarksAndUnmarks: the server is running before anything was built.
// Bazel dies, and the eater is marked without anyone asking; a build passes,
// and the marks are gone.
func TestServerMarksAndUnmarks(t *testing.T) {
	t.Parallel()
	w := bazeltest.New(t, "memory-eater", bazeltest.WorkspaceOptions{DefaultOutputBase: true, NoLinks: true})
	s := serve(t, w)
	file := "file://" + filepath.Join(w.Dir, bazeltest.EaterFile)
	s.open(t, file)

	if got := w.Build(t, "200m", "//..."); !got.Crashed() {
		t.Fatalf("Bazel was to run out of memory, and exits %d:\n%s", got.ExitCode, got.Console)
	}
	s.await(t, file, func(titles []string) bool { return len(titles) > 0 })
	line := lineOf(t, filepath.Join(w.Dir, bazeltest.EaterFile), "def "+guilty)
	first := func(l lens) bool { return strings.HasPrefix(l.Command.Title, "#1 ") }
	lenses := s.lenses(t, file)
	if at := slices.IndexFunc(lenses, first); at < 0 || lenses[at].Range.Start.Line != line {
		t.Errorf("the lenses are %+v, want the first suspect on line %d, of %s", lenses, line, guilty)
	}
	if got := s.diagnostics(file); len(got) == 0 {
		t.Error("the crash has no diagnostic")
	}

	w.Fix(t)
	s.open(t, file)
	if got := w.Build(t, "200m", "//..."); got.ExitCode != 0 {
		t.Fatalf("the fixed workspace does not build: %d\n%s", got.ExitCode, got.Console)
	}
	s.await(t, file, func(titles []string) bool { return len(titles) == 0 })
	for deadline := time.Now().Add(patience); len(s.diagnostics(file)) > 0; {
		if time.Now().After(deadline) {
			t.Fatalf("after a build that passed the diagnostics are %s", s.diagnostics(file))
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// A session is the server, run as an editor runs it.
type session struct {
	*lsptest.Session
	version int
}

func serve(t *testing.T, w *bazeltest.Workspace) *session {
	t.Helper()
	return serveAs(t, w, map[string]any{})
}

// serveAs runs it for an editor with these capabilities.
func serveAs(t *testing.T, w *bazeltest.Workspace, capabilities map[string]any) *session {
	t.Helper()
	var log bytes.Buffer
	s, err := lsptest.Start(context.WithoutCancel(t.Context()), &log, "env", append(append([]string{"-i"}, environment(w)...), program, "serve", "--stdio")...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Shutdown(context.Background()); err != nil {
			t.Errorf("the server did not shut down: %v", err)
		}
		if t.Failed() {
			t.Logf("the server's log:\n%s", &log)
		}
	})
	uri := "file://" + w.Dir
	if _, err := s.Initialize(t.Context(), map[string]any{
		"processId":        os.Getpid(),
		"rootUri":          uri,
		"workspaceFolders": []any{map[string]any{"uri": uri, "name": "memory-eater"}},
		"capabilities":     capabilities,
	}); err != nil {
		t.Fatal(err)
	}
	return &session{Session: s}
}

// open opens a file with what is on disk, or again after it has changed there.
func (s *session) open(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(strings.TrimPrefix(file, "file://"))
	if err != nil {
		t.Fatal(err)
	}
	if s.version > 0 {
		s.notify(t, "textDocument/didClose", map[string]any{"textDocument": map[string]any{"uri": file}})
	}
	s.version++
	s.notify(t, "textDocument/didOpen", map[string]any{"textDocument": map[string]any{
		"uri": file, "languageId": "starlark", "version": s.version, "text": string(text)}})
}

func (s *session) notify(t *testing.T, method string, params any) {
	t.Helper()
	if err := s.Notify(method, params); err != nil {
		t.Fatal(err)
	}
}

type lens struct {
	Range   struct{ Start struct{ Line int } }
	Command struct{ Title string }
}

func (s *session) lenses(t *testing.T, file string) []lens {
	t.Helper()
	var lenses []lens
	params := map[string]any{"textDocument": map[string]any{"uri": file}}
	if err := s.Call(t.Context(), "textDocument/codeLens", params, &lenses); err != nil {
		t.Fatal(err)
	}
	return lenses
}

// await asks for the lenses until their titles are as wanted.
func (s *session) await(t *testing.T, file string, wanted func(titles []string) bool) []string {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		var titles []string
		for _, l := range s.lenses(t, file) {
			titles = append(titles, l.Command.Title)
		}
		if wanted(titles) {
			return titles
		}
		if time.Now().After(deadline) {
			t.Fatalf("after %v the lenses are %q", patience, titles)
		}
	}
}

// diagnostics are those that were published last for the file.
func (s *session) diagnostics(file string) []json.RawMessage {
	var last []json.RawMessage
	for _, m := range s.Received() {
		var p struct {
			URI         string
			Diagnostics []json.RawMessage
		}
		if m.Method == "textDocument/publishDiagnostics" && json.Unmarshal(m.Params, &p) == nil && p.URI == file {
			last = slices.DeleteFunc(p.Diagnostics, func(d json.RawMessage) bool {
				return bytes.Contains(d, []byte(`"code":"ML1`)) // of the sources, whatever was built
			})
		}
	}
	return last
}

// lineOf is the line, from 0, that starts with the text.
func lineOf(t *testing.T, path, text string) int {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(string(content), "\n") {
		if strings.HasPrefix(line, text) {
			return i
		}
	}
	t.Fatalf("%s has no line %q", path, text)
	return 0
}
