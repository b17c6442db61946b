// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.invalid/starlark-memls/internal/accuracy/generate"
	"example.invalid/starlark-memls/internal/lint"
	"example.invalid/starlark-memls/internal/lint/flow"
	"example.invalid/starlark-memls/starlark"
)

// found reports whether a certain finding is in one of the guilty functions,
// or in one that it calls.
func found(t *testing.T, s generate.Scenario) bool {
	t.Helper()
	dir := t.TempDir()
	for _, files := range []map[string]string{s.Files, s.External} {
		for name, text := range files {
			p := filepath.Join(dir, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(p, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	ws, err := starlark.Load(t.Context(), dir, starlark.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	program, err := flow.Follow(t.Context(), ws)
	if err != nil {
		t.Fatal(err)
	}
	all := lint.Examine(program, All())
	hit := false
	for _, f := range all {
		if !f.Certain {
			continue
		}
		t.Logf("%s %s:%d %s", f.Code, ws.Rel(f.Place.File), f.Place.Line, f.Message)
		hit = hit || slices.ContainsFunc(s.Guilty, func(g generate.Culprit) bool {
			return slices.ContainsFunc(f.Callers, func(c string) bool {
				file, name, _ := strings.Cut(c, "%")
				return ws.Rel(file) == g.File && name == g.Function
			})
		})
	}
	return hit
}

// TestCulpritsWithoutABuild holds how many kinds of culprits of the accuracy
// corpus are found in the sources alone, with the default checks.
func TestCulpritsWithoutABuild(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		kinds []string
		bar   int
	}{{generate.Kinds(), 10}, {generate.FieldKinds(), 9}} {
		var hits, misses []string
		for _, kind := range tc.kinds {
			s := generate.New(kind, 1)
			if len(s.Guilty) == 0 {
				continue
			}
			if found(t, s) {
				hits = append(hits, kind)
			} else {
				misses = append(misses, kind)
			}
		}
		t.Logf("found: %v; not found: %v", hits, misses)
		if len(hits) < tc.bar {
			t.Errorf("%d kinds found, want %d: not %v", len(hits), tc.bar, misses)
		}
	}
}
