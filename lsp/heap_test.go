// SPDX-License-Identifier: Apache-2.0

package lsp

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/lsp/internal/session"
	"example.invalid/starlark-memls/lsp/internal/show"
	"example.invalid/starlark-memls/starlark"
)

// What was kept of a dump that a real Bazel 4.2.3 left lights up where the
// crash was: the whole stack with its variables, and what the function holds.
func TestHeapEvidence(t *testing.T) {
	t.Parallel()
	b := newBuilder(t)
	text, err := os.ReadFile(filepath.Join("..", "attribution", "observe", "testdata", "heap.json"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	b.write(filepath.Join(dir, "heap.json"), text)
	s := &session.Session{Pipeline: session.Observing(b.pipeline(), t.TempDir())}
	observations, _, err := s.Open(t.Context(), dir)
	if err != nil || len(observations) != 1 {
		t.Fatalf("%d observations, %v", len(observations), err)
	}
	ws, err := s.Pipeline.Load(t.Context(), b.workspace, starlark.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r := s.Pipeline.Conclude(t.Context(), observations, ws, attribution.ConcludeOptions{})
	file := show.NewAnnotations(r, nil).Files[filepath.Join(b.workspace, "memory", "eat.bzl")]
	if file == nil || len(file.Crashes) == 0 || file.Crashes[0].Code != "ML001" || file.Crashes[0].Place.Line != 65 {
		t.Fatalf("marks %+v", file)
	}
	if title := show.FunctionTitle(file.Functions[0]); !strings.Contains(title, "retains 117 MiB") {
		t.Errorf("lens %q", title)
	}
	hinted := false
	for _, m := range file.Lines {
		for _, l := range m.Evidence.Locals {
			hinted = hinted || m.Line == 65 && l.Name == "joined" && show.LocalSize(l) == "6.16 MiB string"
		}
	}
	if !hinted {
		t.Errorf("lines %+v", file.Lines)
	}
}
