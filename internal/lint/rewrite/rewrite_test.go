// SPDX-License-Identifier: Apache-2.0

package rewrite

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.starlark.net/syntax"

	"example.invalid/starlark-memls/internal/accuracy/generate"
	"example.invalid/starlark-memls/internal/lint"
	"example.invalid/starlark-memls/internal/lint/checks"
	"example.invalid/starlark-memls/internal/lint/flow"
	"example.invalid/starlark-memls/starlark"
)

// write makes a workspace of files.
func write(t testing.TB, dir string, files map[string]string) {
	t.Helper()
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

// fixAll makes all fixes that there are at once, and returns how many.
func fixAll(t testing.TB, dir string) int {
	t.Helper()
	ws, err := starlark.Load(t.Context(), dir, starlark.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := flow.Follow(t.Context(), ws)
	if err != nil {
		t.Fatal(err)
	}
	found := lint.Examine(p, checks.All())
	Attach(p, found)
	edits, fixed := Together(found)
	for path, list := range edits {
		out, err := Apply(path, p.Files[path].Text, list)
		if err != nil {
			t.Fatalf("%v\n%s", err, p.Files[path].Text)
		}
		if err := os.WriteFile(path, out, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return len(fixed)
}

func TestFixes(t *testing.T) {
	t.Parallel()
	const head = "P = provider()\n"
	const tail = "\nr = rule(implementation = f)\n"
	for _, tc := range []struct{ name, before, after string }{
		{"a list filled in a loop", `
def f(ctx):
    xs = [str(ctx.label)]  # its own
    for d in ctx.attr.deps:
        # those below
        xs += d[P].xs
    return [P(xs = xs)]

def top(ctx):
    ctx.actions.write(ctx.outputs.out, "\n".join([x for d in ctx.attr.deps for x in d[P].xs]))
t = rule(implementation = top)
`, `
def f(ctx):
    xs = [str(ctx.label)]  # its own
    xs_below = []
    for d in ctx.attr.deps:
        # those below
        xs_below.append(d[P].xs)
    return [P(xs = depset(xs, transitive = xs_below))]

def top(ctx):
    ctx.actions.write(ctx.outputs.out, "\n".join([x for d in ctx.attr.deps for x in d[P].xs.to_list()]))
t = rule(implementation = top)
`},
		{"a comprehension, with a condition", `
def f(ctx):
    return [P(xs = [ctx.label.name] + [x for d in ctx.attr.deps if P in d for x in d[P].xs])]
`, `
def f(ctx):
    return [P(xs = depset([ctx.label.name], transitive = [d[P].xs for d in ctx.attr.deps if P in d]))]
`},
		{"a helper", `
def collect(own, deps):
    out = list(own)
    for d in deps:
        out.extend(d[P].xs)
    return out

def f(ctx):
    return [P(xs = collect([ctx.label.name], ctx.attr.deps))]
`, `
def collect(own, deps):
    out = list(own)
    out_below = []
    for d in deps:
        out_below.append(d[P].xs)
    return depset(out, transitive = out_below)

def f(ctx):
    return [P(xs = collect([ctx.label.name], ctx.attr.deps))]
`},
		{"a dict stays", `
def f(ctx):
    xs = {}
    for d in ctx.attr.deps:
        xs.update(d[P].xs)
    return [P(xs = xs)]
`, ""},
		{"lists of lists stay: no depset takes them", `
def f(ctx):
    xs = [[1, str(ctx.label)]]
    for d in ctx.attr.deps:
        xs += d[P].xs
    return [P(xs = xs)]
`, ""},
		{"a reader that is not understood", `
def f(ctx):
    xs = [str(ctx.label)]
    for d in ctx.attr.deps:
        xs += d[P].xs
    return [P(xs = xs)]

def odd(info):
    return info.xs
`, ""},
		{"a variable that is used for more", `
def f(ctx):
    xs = [str(ctx.label)]
    for d in ctx.attr.deps:
        xs += d[P].xs
    ctx.actions.write(ctx.outputs.out, "\n".join(xs))
    return [P(xs = xs)]
`, ""},
		{"a flattened depset", `
def f(ctx):
    names = depset([ctx.label.name], transitive = [d[P].names for d in ctx.attr.deps])
    return [P(names = names, all = names.to_list())]

def top(ctx):
    n = len(ctx.attr.dep[P].all)
t = rule(implementation = top)
`, `
def f(ctx):
    names = depset([ctx.label.name], transitive = [d[P].names for d in ctx.attr.deps])
    return [P(names = names, all = names)]

def top(ctx):
    n = len(ctx.attr.dep[P].all.to_list())
t = rule(implementation = top)
`},
		{"a depset in a loop", `
def f(ctx):
    all = depset(ctx.files.srcs)
    for d in ctx.attr.deps:
        if DefaultInfo in d:
            all = depset(transitive = [all, d[DefaultInfo].files])
    return [DefaultInfo(files = all)]
`, `
def f(ctx):
    all = depset(ctx.files.srcs)
    all_depsets = [all]
    for d in ctx.attr.deps:
        if DefaultInfo in d:
            all_depsets.append(d[DefaultInfo].files)
    all = depset(transitive = all_depsets)
    return [DefaultInfo(files = all)]
`},
		{"a depset in a loop, with an order and direct elements", `
def f(ctx):
    all = depset(order = "postorder")
    for d in ctx.attr.deps:
        all = depset([d.label], transitive = [all, d[P].all], order = "postorder")
    return [P(all = all)]
`, `
def f(ctx):
    all = depset(order = "postorder")
    all_depsets = [all]
    for d in ctx.attr.deps:
        all_depsets.append(d[P].all)
        all_depsets.append(depset([d.label], order = "postorder"))
    all = depset(transitive = all_depsets, order = "postorder")
    return [P(all = all)]
`},
		{"another order stays", `
def f(ctx):
    all = depset(order = "preorder")
    for d in ctx.attr.deps:
        all = depset([d.label], transitive = [all], order = "preorder")
    return [P(all = all)]
`, ""},
		{"a string in a loop", `
def f(ctx):
    text = "# files\n"
    for s in ctx.files.srcs:
        text += s.path
        text += "\n"
    return [P(text = text)]
`, `
def f(ctx):
    text = "# files\n"
    text_parts = [text]
    for s in ctx.files.srcs:
        text_parts.append(s.path)
        text_parts.append("\n")
    text = "".join(text_parts)
    return [P(text = text)]
`},
		{"a string that the loop reads stays", `
def f(ctx):
    text = ""
    for s in ctx.files.srcs:
        text += s.path
        if len(text) > 80:
            text += "\n"
    return [P(text = text)]
`, ""},
		{"runfiles in a loop, where merge_all is known", `
def g(runfiles, more):
    return runfiles.merge_all(more)

def f(ctx):
    runfiles = ctx.runfiles(files = ctx.files.data)  # its own
    for d in ctx.attr.deps:
        if DefaultInfo in d:
            runfiles = runfiles.merge(d[DefaultInfo].default_runfiles)  # theirs
    return [DefaultInfo(runfiles = runfiles)]
`, `
def g(runfiles, more):
    return runfiles.merge_all(more)

def f(ctx):
    runfiles = ctx.runfiles(files = ctx.files.data)  # its own
    runfiles_below = []
    for d in ctx.attr.deps:
        if DefaultInfo in d:
            runfiles_below.append(d[DefaultInfo].default_runfiles)  # theirs
    runfiles = runfiles.merge_all(runfiles_below)
    return [DefaultInfo(runfiles = runfiles)]
`},
		{"runfiles in a loop, where it is not", `
def f(ctx):
    runfiles = ctx.runfiles()
    for d in ctx.attr.deps:
        runfiles = runfiles.merge(d[DefaultInfo].default_runfiles)
    return [DefaultInfo(runfiles = runfiles)]
`, ""},
		{"a constant", `
# What f does.
def f(ctx):
    return [P(
        flags = [
            "-D%d" % i
            for i in range(40)
        ],  # all of them
    )]
`, `
_FLAGS = [
    "-D%d" % i
    for i in range(40)
]

# What f does.
def f(ctx):
    return [P(
        flags = _FLAGS,  # all of them
    )]
`},
		{"a joined argument", `
def g(ctx):
    return [P(jars = depset(transitive = [d[P].jars for d in ctx.attr.deps]))]
other = rule(implementation = g)

def f(ctx):
    args = ctx.actions.args()
    args.add("--classpath", ":".join([j.path for j in ctx.attr.lib[P].jars.to_list()]))
    return []
`, `
def g(ctx):
    return [P(jars = depset(transitive = [d[P].jars for d in ctx.attr.deps]))]
other = rule(implementation = g)

def f(ctx):
    args = ctx.actions.args()
    args.add_joined("--classpath", [j.path for j in ctx.attr.lib[P].jars.to_list()], join_with = ":", omit_if_empty = False)
    return []
`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, dir, map[string]string{"MODULE.bazel": "", "BUILD": "", "d.bzl": head + tc.before + tail})
			if tc.after == "" {
				tc.after = tc.before
			}
			n := fixAll(t, dir)
			got, err := os.ReadFile(filepath.Join(dir, "d.bzl"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(head+tc.after+tail, string(got)); diff != "" {
				t.Errorf("%d fixed (-want +got):\n%s", n, diff)
			}
			if n := fixAll(t, dir); n != 0 {
				again, _ := os.ReadFile(filepath.Join(dir, "d.bzl"))
				t.Errorf("a second time %d more are fixed:\n%s", n, again)
			}
		})
	}
}

// TestFixesOfScenarios holds that every fix in the scenarios of the accuracy
// corpus parses, and is made once.
func TestFixesOfScenarios(t *testing.T) {
	t.Parallel()
	kinds := append(generate.Kinds(), generate.FieldKinds()...)
	var with []string
	for _, kind := range kinds {
		dir := t.TempDir()
		write(t, dir, generate.New(kind, 1).Files)
		n := fixAll(t, dir)
		if n > 0 {
			with = append(with, kind)
		}
		for rounds := 0; n > 0; rounds++ {
			if n = fixAll(t, dir); rounds > 3 {
				t.Errorf("%s is never done", kind)
				break
			}
		}
	}
	t.Logf("kinds with a fix: %s", strings.Join(with, " "))
}

// FuzzFixes: whatever the source, no fix leaves a file that does not parse, drops
// a comment, or is made for ever.
func FuzzFixes(f *testing.F) {
	for _, c := range checks.All() {
		f.Add(c.Before)
		f.Add(strings.ReplaceAll(c.Before, "\n", "  # why\n"))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<16 {
			return
		}
		dir := t.TempDir()
		source := "P = provider()\n" + text + "\nr = rule(implementation = _impl)\n"
		write(t, dir, map[string]string{"MODULE.bazel": "", "BUILD": "", "d.bzl": source})
		before := comments(source)
		for rounds := 0; fixAll(t, dir) > 0; rounds++ {
			if rounds > 8 {
				t.Fatal("there is always more to fix")
			}
		}
		after, err := os.ReadFile(filepath.Join(dir, "d.bzl"))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, comments(string(after))); diff != "" {
			t.Errorf("comments changed (-before +after):\n%s\nof:\n%s\nto:\n%s", diff, source, after)
		}
	})
}

// comments are a source's comments by text, sorted; nil where it does not parse.
func comments(source string) []string {
	tree, err := (&syntax.FileOptions{Set: true, While: true, TopLevelControl: true, GlobalReassign: true}).Parse("d.bzl", source, syntax.RetainComments)
	if err != nil {
		return nil
	}
	var out []string
	syntax.Walk(tree, func(n syntax.Node) bool {
		if n == nil || n.Comments() == nil {
			return true
		}
		for _, list := range [][]syntax.Comment{n.Comments().Before, n.Comments().Suffix, n.Comments().After} {
			for _, c := range list {
				out = append(out, c.Text)
			}
		}
		return true
	})
	slices.Sort(out)
	return out
}
