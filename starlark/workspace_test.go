package starlark

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// unpack writes an archive's files below a new directory, whose path it
// returns with links resolved.
func unpack(t testing.TB, archive string) string {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range txtar.Parse([]byte(archive)).Files {
		write(t, filepath.Join(root, f.Name), string(f.Data))
	}
	return root
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// mustLoad loads a workspace that must load.
func mustLoad(t testing.TB, root string, opts Options) *Workspace {
	t.Helper()
	w, err := Load(context.Background(), root, opts)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestSmoke(t *testing.T) {
	root := unpack(t, `
-- WORKSPACE --
workspace(name = "eater")
local_repository(name = "ext", path = "third_party/ext")
-- third_party/ext/WORKSPACE --
-- third_party/ext/BUILD --
-- third_party/ext/x.bzl --
def ext_impl(ctx):
    return []
-- memory/BUILD --
-- memory/eat.bzl --
load("@ext//:x.bzl", _x = "ext_impl")
load("//cpu:factory.bzl", "make_rule")

def _impl(ctx):
    def inner(a):
        return a
    return [inner(1)]

traverse = aspect(implementation = _impl, attr_aspects = ["*"])
outside = rule(implementation = _x)
made = make_rule(_impl)
IMPLS = {"a": _impl, "b": _x}
pick = rule(implementation = IMPLS["b"])
f = lambda x: x

def eater(name, n = 3, **kwargs):
    for i in range(n):
        made(name = "%s_%d" % (name, i), **kwargs)
    native.filegroup(name = name + "_all")
-- cpu/factory.bzl --
def make_rule(impl, attrs = {}):
    return rule(
        implementation = impl,
        attrs = attrs,
    )
-- cpu/BUILD --
load("//memory:eat.bzl", "eater", "pick")
eater(name = "m", n = 2)
pick(name = "p")
[pick(name = "lock_%d" % i) for i in range(3)]
`)
	w := mustLoad(t, root, Options{})
	for d := range w.Definitions() {
		impl := ""
		if d.Implementation != nil {
			impl = w.Rel(d.Implementation.File) + ":" + d.Implementation.Name
		}
		by := ""
		if d.MadeBy != nil {
			by = d.MadeBy.Name
		}
		t.Logf("%s:%d:%d-%d:%d %s %s impl=%s class=%s by=%s uses=%d legacy=%v", w.Rel(d.File), d.Range.Start.Line, d.Range.Start.Column, d.Range.End.Line, d.Range.End.Column, d.Kind, d.Name, impl, d.Class, by, len(d.Uses), d.LegacyMacro)
	}
	for _, p := range w.Problems() {
		t.Log(p)
	}
	t.Log(w.At(root+"/memory/eat.bzl", 6), w.Target("//cpu:lock_2"), w.Resolve("/ci/other/memory/eat.bzl"))
}
