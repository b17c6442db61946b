package lsp

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/starlark"
)

// What was kept of a dump that a real Bazel 4.2.3 left lights up where the
// crash was: the whole stack with its variables, and what the function holds.
func TestHeapEvidence(t *testing.T) {
	t.Parallel()
	b := newBuilder(t)
	text, err := os.ReadFile(filepath.Join("..", "attribution", "testdata", "heap.json"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	b.write(filepath.Join(dir, "heap.json"), text)
	s := &session{pipeline: observing(b.pipeline(), t.TempDir())}
	observations, _, err := s.open(t.Context(), dir)
	if err != nil || len(observations) != 1 {
		t.Fatalf("%d observations, %v", len(observations), err)
	}
	ws, err := s.pipeline.load(t.Context(), b.workspace, starlark.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r := s.pipeline.conclude(t.Context(), observations, ws, attribution.Options{})
	file := newMarks(r).files[filepath.Join(b.workspace, "memory", "eat.bzl")]
	if file == nil || len(file.crashes) == 0 || file.crashes[0].code != "ML001" || file.crashes[0].place.line != 65 {
		t.Fatalf("marks %+v", file)
	}
	if title := functionTitle(file.functions[0]); !strings.Contains(title, "retains 117 MiB") {
		t.Errorf("lens %q", title)
	}
	hinted := false
	for _, m := range file.lines {
		for _, l := range m.evidence.Locals {
			hinted = hinted || m.line == 65 && l.Name == "joined" && localSize(l) == "6.16 MiB string"
		}
	}
	if !hinted {
		t.Errorf("lines %+v", file.lines)
	}
}
