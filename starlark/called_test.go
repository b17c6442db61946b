// SPDX-License-Identifier: Apache-2.0

package starlark_test

import (
	"os"
	"path/filepath"
	"testing"

	"example.invalid/starlark-memls/starlark"
)

// The functions that a line calls, here and through loads.
func TestCalledOn(t *testing.T) {
	t.Parallel()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"WORKSPACE": "", "a/BUILD": "", "b/BUILD": "",
		"a/a.bzl": `load("//b:b.bzl", "far", other = "near")
def own(x):
    return x

def caller(x):
    y = own(far(x)) + [other(x)]
    return (own)(len(y)) if own(y) else native.glob(["own(x)"])

def def_line(x): return own(x)
`,
		"b/b.bzl": `def far(x):
    return x

def near(x):
    return x
`,
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	ws, err := starlark.Load(t.Context(), dir, starlark.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for line, want := range map[int]string{6: "own far near ", 1: "", 9: "own ", 99: "", 0: ""} {
		got := ""
		for _, d := range ws.CalledOn(filepath.Join(dir, "a/a.bzl"), line) {
			got += d.Name + " "
		}
		if got != want {
			t.Errorf("line %d: %q, want %q", line, got, want)
		}
	}
	if ws.CalledOn(filepath.Join(dir, "no.bzl"), 1) != nil {
		t.Error("a file that is not there calls something")
	}
}
