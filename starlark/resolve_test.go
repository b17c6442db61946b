// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// resolveFixture is a workspace with an output base and repositories of every
// sort beside it.
func resolveFixture(t *testing.T) (w *Workspace, base string) {
	t.Helper()
	base = unpack(t, `
-- ws/WORKSPACE --
workspace(name = "eater")
local_repository(name = "near", path = "../near")
new_local_repository(name = "newly", path = "third/newly", build_file = "//:x.BUILD")
-- ws/MODULE.bazel --
module(name = "eater_module")
bazel_dep(name = "rules_rust", repo_name = "rules_rs")
bazel_dep(name = "beside")
local_path_override(module_name = "beside", path = "../beside")
-- ws/BUILD --
-- ws/root.bzl --
-- ws/memory/BUILD --
load("@near//pkg:n.bzl", "near_rule")
load("@rules_rs//rust:defs.bzl", "rust_library")
near_rule(name = "n")
-- ws/memory/eat.bzl --
load("@rules_python//py:defs.bzl", "py_impl")
py = rule(implementation = py_impl)
def eat():
    pass
-- ws/a/memory/eat.bzl --
-- ws/external/ours.bzl --
-- ws/third/newly/x.bzl --
-- clone/memory/eat.bzl --
-- clone/memory/only_there.bzl --
-- clone/BUILD --
-- near/WORKSPACE --
-- near/pkg/BUILD --
load(":n.bzl", "near_rule")
near_rule(name = "inner")
-- near/memory/eat.bzl --
-- near/pkg/n.bzl --
def _near_impl(ctx):
    return []
near_rule = rule(implementation = _near_impl)
-- beside/MODULE.bazel --
-- beside/b.bzl --
-- out/external/rules_python~0.24.0/py/defs.bzl --
def py_impl(ctx):
    pass
-- out/external/rules_rust+/rust/defs.bzl --
def rust_library(name):
    pass
-- out/external/rules_python~0.24.0~pip~numpy_311/x.bzl --
-- out/external/+ext+made/m.bzl --
-- out/external/_main~ext~old/o.bzl --
-- out/external/plain/p.bzl --
`)
	links := map[string]string{
		filepath.Join(base, "out/external/near"):   filepath.Join(base, "near"),
		filepath.Join(base, "ws_link"):             filepath.Join(base, "ws"),
		filepath.Join(base, "ws/bazel-ws"):         filepath.Join(base, "out"),
		filepath.Join(base, "out/external/circle"): "circle",
	}
	for link, target := range links {
		if err := os.Symlink(target, link); err != nil {
			t.Fatal(err)
		}
	}
	return mustLoad(t, filepath.Join(base, "ws"), LoadOptions{OutputBase: filepath.Join(base, "out")}), base
}

func TestResolve(t *testing.T) {
	t.Parallel()
	w, base := resolveFixture(t)
	// BASE stands for the fixture's directory; how and note are substrings.
	tests := []struct{ name, printed, want, how, note string }{
		{"the file itself", "BASE/ws/memory/eat.bzl", "BASE/ws/memory/eat.bzl", "", ""},
		{"through a link", "BASE/ws_link/memory/eat.bzl", "BASE/ws/memory/eat.bzl", "", ""},
		{"not clean", "BASE/ws/memory/../memory//eat.bzl", "BASE/ws/memory/eat.bzl", "", ""},
		{"relative", "memory/BUILD", "BASE/ws/memory/BUILD", "", ""},
		{"another checkout", "/home/ci/build/memory/eat.bzl", "BASE/ws/memory/eat.bzl", "longest path suffix: memory/eat.bzl of the checkout at /home/ci/build", ""},
		{"the longest suffix", "/home/ci/build/a/memory/eat.bzl", "BASE/ws/a/memory/eat.bzl", "longest path suffix: a/memory/eat.bzl", ""},
		{"another checkout on this machine", "BASE/clone/memory/eat.bzl", "BASE/ws/memory/eat.bzl", "longest path suffix: memory/eat.bzl of the checkout at BASE/clone", ""},
		{"another checkout's own file", "BASE/clone/memory/only_there.bzl", "BASE/clone/memory/only_there.bzl", "", ""},
		{"another checkout's BUILD", "BASE/clone/BUILD", "BASE/clone/BUILD", "", ""},
		{"a local repository's file", "BASE/near/memory/eat.bzl", "BASE/near/memory/eat.bzl", "", ""},
		{"gone, its like is elsewhere", "BASE/ws/gone/memory/eat.bzl", "", "", "no such file"},
		{"another checkout on Windows", `D:\ci\build\memory\eat.bzl`, "BASE/ws/memory/eat.bzl", "longest path suffix", ""},
		{"Windows with slashes", "C:/ci/build/memory/eat.bzl", "BASE/ws/memory/eat.bzl", "longest path suffix", ""},
		{"root's file of another checkout", "/home/ci/ws/BUILD", "BASE/ws/BUILD", "longest path suffix", ""},
		{"a BUILD of nowhere", "/home/ci/elsewhere/gone/BUILD", "", "", "no such file"},
		{"an only name", "/home/ci/elsewhere/root.bzl", "BASE/ws/root.bzl", "longest path suffix", ""},
		{"gone", "BASE/ws/memory/gone.bzl", "", "", "no such file"},
		{"local repository", "BASE/out/external/near/pkg/n.bzl", "BASE/near/pkg/n.bzl", "", ""},
		{"local repository of another output base", "/root/.cache/bazel/_bazel_ci/0123/external/near/pkg/n.bzl", "BASE/near/pkg/n.bzl", "another output base", ""},
		{"new_local_repository", "/x/external/newly/x.bzl", "BASE/ws/third/newly/x.bzl", "newly", ""},
		{"local_path_override, Bazel 8", "/x/external/beside+/b.bzl", "BASE/beside/b.bzl", "beside", ""},
		{"local_path_override, Bazel 6", "/x/external/beside~override/b.bzl", "BASE/beside/b.bzl", "beside", ""},
		{"as it is", "BASE/out/external/rules_python~0.24.0/py/defs.bzl", "BASE/out/external/rules_python~0.24.0/py/defs.bzl", "", ""},
		{"under a newer Bazel's name", "BASE/out/external/rules_python+/py/defs.bzl", "BASE/out/external/rules_python~0.24.0/py/defs.bzl", "repository rules_python+ is BASE/out/external/rules_python~0.24.0", ""},
		{"under its apparent name", "BASE/out/external/rules_python/py/defs.bzl", "BASE/out/external/rules_python~0.24.0/py/defs.bzl", "", ""},
		{"extension's repository", "/x/external/rules_python++pip+numpy_311/x.bzl", "BASE/out/external/rules_python~0.24.0~pip~numpy_311/x.bzl", "", ""},
		{"main module's extension, older name", "/x/external/_main~ext~made/m.bzl", "BASE/out/external/+ext+made/m.bzl", "", ""},
		{"main module's extension, newer name", "/x/external/+ext+old/o.bzl", "BASE/out/external/_main~ext~old/o.bzl", "", ""},
		{"circle of links", "BASE/out/external/circle/x.bzl", "", "", "not on this machine"},
		{"repository that is not here", "/x/external/nowhere/x.bzl", "", "", "@nowhere is not on this machine"},
		{"a foreign repository's file that is called like ours", "/x/external/acme_rules+/memory/eat.bzl", "", "", "@acme_rules+ is not on this machine"},
		{"the same of an older Bazel", "/x/external/acme_rules~1.2.3/memory/eat.bzl", "", "", "@acme_rules~1.2.3 is not on this machine"},
		{"the same of an extension", "/x/external/acme_rules++ext+eater/memory/eat.bzl", "", "", "is not on this machine"},
		{"the same, relative", "external/acme_rules+/root.bzl", "", "", "@acme_rules+ is not on this machine"},
		{"the same in an execroot", "/x/execroot/_main/external/acme_rules+/memory/eat.bzl", "", "", "@acme_rules+ is not on this machine"},
		{"this repository in a build of another one", "/x/external/eater_module+/memory/eat.bzl", "BASE/ws/memory/eat.bzl", "repository eater_module+", ""},
		{"our own directory external", "/home/ci/build/external/ours.bzl", "BASE/ws/external/ours.bzl", "longest path suffix", ""},
		{"execroot", "BASE/out/execroot/_main/memory/eat.bzl", "BASE/ws/memory/eat.bzl", "execroot", ""},
		{"execroot's external", "BASE/out/execroot/eater/external/near/pkg/n.bzl", "BASE/near/pkg/n.bzl", "", ""},
		{"label", "//memory:eat.bzl", "BASE/ws/memory/eat.bzl", "", ""},
		{"label of the main repository", "@@//memory:eat.bzl", "BASE/ws/memory/eat.bzl", "", ""},
		{"label by the module's name", "@eater_module//memory:eat.bzl", "BASE/ws/memory/eat.bzl", "", ""},
		{"label by the workspace's name", "@eater//memory:eat.bzl", "BASE/ws/memory/eat.bzl", "", ""},
		{"label by an apparent name", "@rules_rs//rust:defs.bzl", "BASE/out/external/rules_rust+/rust/defs.bzl", "", ""},
		{"label by a canonical name", "@@rules_rust+//rust:defs.bzl", "BASE/out/external/rules_rust+/rust/defs.bzl", "", ""},
		{"label of nothing", "//memory:gone.bzl", "", "", "no file"},
		{"builtin", "<builtin>", "", "", "part of Bazel itself"},
		{"virtual builtins", "/virtual_builtins_bzl/common/cc/cc_library.bzl", "", "", "built into Bazel"},
		{"virtual builtins by label", "@_builtins//:common/x.bzl", "", "", "built into Bazel"},
		{"default workspace", "/DEFAULT.WORKSPACE.SUFFIX", "", "", "makes up itself"},
		{"nothing", "", "", "", "no file was printed"},
		{"relative nothing", "gone/BUILD", "", "", "no file gone/BUILD"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := func(s string) string { return strings.ReplaceAll(s, "BASE", base) }
			got := w.Resolve(in(tt.printed))
			if got.Path != in(tt.want) {
				t.Errorf("Resolve(%s) = %+v, want %s", tt.printed, got, tt.want)
			}
			if !strings.Contains(got.How, in(tt.how)) || !strings.Contains(got.Note, tt.note) || (got.Note != "") != (got.Path == "") {
				t.Errorf("Resolve(%s): how %q, note %q", tt.printed, got.How, got.Note)
			}
		})
	}
}

func TestTargetSpellings(t *testing.T) {
	t.Parallel()
	w, base := resolveFixture(t)
	for label, want := range map[string]string{
		"//memory:n":         "//memory:n near_rule",
		"@//memory:n":        "//memory:n near_rule",
		"@@//memory:n":       "//memory:n near_rule",
		"@eater//memory:n":   "//memory:n near_rule",
		"@near//pkg:inner":   "@near//pkg:inner near_rule",
		"@@near//pkg:inner":  "@near//pkg:inner near_rule",
		"@@near+//pkg:inner": "@near//pkg:inner near_rule",
		"//external:near":    "//external:near local_repository",
		"//memory:gone":      "",
		"//memory":           "",
		"@nowhere//x:y":      "",
		"":                   "",
		"//":                 "",
		"@":                  "",
	} {
		got := ""
		if d := w.Target(label); d != nil {
			got = d.Name + " " + d.Class
		}
		if got != want {
			t.Errorf("Target(%q) = %q, want %q", label, got, want)
		}
	}
	near := w.InFile(filepath.Join(base, "near/pkg/n.bzl"))
	if len(near) != 3 || near[2].Implementation == nil || near[2].Implementation.Uses[0] != near[2] {
		t.Errorf("the file of another repository has %s", describe(near))
	}
	if py := w.Named("py"); len(py) != 1 || py[0].Implementation == nil || py[0].Implementation.Name != "py_impl" {
		t.Errorf("the implementation was not followed into the output base: %v", py)
	}
	for d := range w.Definitions() {
		if !strings.HasPrefix(d.File, w.Root()+"/") {
			t.Errorf("%s is not of the workspace", d.File)
		}
	}
}

func TestParseLabel(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		":x": ":x", "x": ":x", "x/y.bzl": ":x/y.bzl", "//p:x": "//p:x", "//p": "//p:p", "//a/b": "//a/b:b", "//:x": "//:x",
		"@r//p:x": "@r//p:x", "@@r+//p:x": "@@r+//p:x", "@//p:x": "//p:x", "@r": "@r//:r", "@@r~1.0": "@@r~1.0//:r~1.0",
		"": "-", ":": "-", "//": "-", "@": "-", "@r/x": "-", "a:b": "-",
	} {
		l, ok := ParseLabel(s)
		got := "-"
		if ok {
			got = l.String()
		}
		if got != want {
			t.Errorf("ParseLabel(%q) = %s, want %s", s, got, want)
		}
	}
}

func FuzzResolve(f *testing.F) {
	for _, s := range []string{"/a/b.bzl", "//p:x", "@@r+//p:x", `C:\a\b`, "/external/", "@", "..", "/../..", "\x00"} {
		f.Add(s)
	}
	root := unpack(f, smallWorkspace)
	w := mustLoad(f, root, LoadOptions{OutputBase: filepath.Join(root, "out")})
	f.Fuzz(func(t *testing.T, s string) {
		r := w.Resolve(s)
		if (r.Path == "") == (r.Note == "") {
			t.Errorf("Resolve(%q) = %+v: neither a path nor a reason", s, r)
		}
		w.Target(s)
	})
}

// TestOutside: files of other repositories follow their buffers and the disk.
func TestOutside(t *testing.T) {
	t.Parallel()
	w, base := resolveFixture(t)
	p := filepath.Join(base, "out/external/plain/p.bzl")
	if got := describe(w.InFile(p)); got != "toplevel <toplevel> 1-1; " {
		t.Errorf("the empty file has %s", got)
	}
	open := with(t, w, map[string][]byte{p: []byte("def typed():\n    pass\n")})
	if list := open.InFile(p); len(list) != 2 || list[1].Name != "typed" {
		t.Errorf("the buffer has %s", describe(list))
	}
	same := with(t, open, map[string][]byte{p: []byte("def typed():\n    pass\n")})
	if same.external != open.external {
		t.Error("a buffer that did not change was read again")
	}
	if got := describe(w.InFile(p)); got != "toplevel <toplevel> 1-1; " {
		t.Errorf("the older snapshot has %s", got)
	}
	write(t, p, "def saved():\n    pass\n")
	closed := with(t, open, nil, p)
	if list := closed.InFile(p); len(list) != 2 || list[1].Name != "saved" {
		t.Errorf("the saved file has %s", describe(list))
	}
	fetched := filepath.Join(base, "out/external/nowhere/x.bzl")
	if r := closed.Resolve("@nowhere//:x.bzl"); r.Path != "" {
		t.Error("a repository that is not there resolves")
	}
	write(t, fetched, "")
	if r := with(t, closed, nil, fetched).Resolve("@nowhere//:x.bzl"); r.Path != fetched {
		t.Errorf("the fetched repository resolves to %+v", r)
	}
}
