// SPDX-License-Identifier: Apache-2.0

// Package attributiontest makes Sources to attribute to. For tests.
package attributiontest

import (
	"os"
	"path/filepath"
	"testing"

	"example.invalid/starlark-memls/starlark"
)

// The workspace of the tests: an aspect that eats, two functions of the same
// name in files that are both loaded, one in a file that nothing loads.
var Sources = map[string]string{
	"WORKSPACE": "",
	"memory/BUILD": `load(":eat.bzl", "eater")
eater(name = "memory")
`,
	"memory/eat.bzl": `def describe(target):
    return str(target)

def traverse_impl(target, ctx):
    joined = describe(target)
    ctx.actions.write(ctx.outputs.out, joined)
    return []

traverse = aspect(implementation = traverse_impl, attr_aspects = ["*"])

def _impl(ctx):
    return []

eater = rule(implementation = _impl)
`,
	"cpu/BUILD": `load(":spin.bzl", "spin")
spin(name = "a")
`,
	"cpu/spin.bzl": `def _impl(ctx):
    total = 0
    for i in range(1000):
        total += i
    return []

spin = rule(implementation = _impl)
`,
	"unused/old.bzl": `def only_in_old(ctx):
    return []

def traverse_impl(target, ctx):
    return []
`,
}

// Workspace writes the Sources, with changes, and indexes them.
func Workspace(t testing.TB, changes map[string]string) *starlark.Workspace {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range Sources {
		if changed, ok := changes[name]; ok {
			text = changed
		}
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
	return ws
}
