// SPDX-License-Identifier: Apache-2.0

package flow

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"example.invalid/starlark-memls/starlark"
)

// follow writes the files of a txtar archive and follows them.
func follow(t *testing.T, archive string) *Program {
	t.Helper()
	dir := t.TempDir()
	for _, f := range txtar.Parse([]byte(archive)).Files {
		p := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, f.Data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	ws, err := starlark.Load(t.Context(), dir, starlark.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := Follow(t.Context(), ws)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// stored is one line a store: the field, the line, and from what it was made.
func stored(p *Program) []string {
	var out []string
	for _, s := range p.Stores {
		var from []string
		for _, so := range s.Value.Sources() {
			flat := ""
			if so.Flat {
				flat = " flat"
			}
			from = append(from, fmt.Sprintf("%s %s%s", so.Way, so.Path, flat))
		}
		slices.Sort(from)
		out = append(out, fmt.Sprintf("%s:%d <- %s", s.Field, s.At.Line, strings.Join(slices.Compact(from), "; ")))
	}
	return out
}

func TestStores(t *testing.T) {
	t.Parallel()
	const head = "load(':p.bzl', 'P')\n"
	for _, tc := range []struct {
		name, body string
		want       string // a part of the line of the store
	}{
		{"a list built in a loop", `
def f(ctx):
    xs = ["a"]
    for d in ctx.attr.deps:
        xs += d[P].xs
    return [P(xs = xs)]`, "copied ctx.attr.deps[][P].xs"},
		{"extend", `
def f(ctx):
    xs = []
    for d in ctx.attr.deps:
        xs.extend(d[P].xs)
    return [P(xs = xs)]`, "copied ctx.attr.deps[][P].xs"},
		{"nested comprehension", `
def f(ctx):
    return P(xs = [x for d in ctx.attr.deps if P in d for x in d[P].xs])`, "copied ctx.attr.deps[][P].xs"},
		{"through helpers of another file", `
load(':h.bzl', 'collect')
def f(ctx):
    return P(xs = collect(deps = ctx.attr.deps))`, "copied ctx.attr.deps[][P].xs"},
		{"a list held, not copied", `
def f(ctx):
    xs = []
    for d in ctx.attr.deps:
        xs.append(d[P].xs)
    return P(xs = xs)`, "held ctx.attr.deps[][P].xs"},
		{"a depset shares", `
def f(ctx):
    return P(xs = depset(["a"], transitive = [d[P].xs for d in ctx.attr.deps]))`, "shared ctx.attr.deps[][P].xs"},
		{"a depset flattened", `
def f(ctx):
    all = depset(transitive = [d[P].xs for d in ctx.attr.deps])
    return P(xs = all, flat = all.to_list())`, "copied ctx.attr.deps[][P].xs flat"},
		{"a string joined", `
def f(ctx):
    return P(xs = "".join([d[P].xs for d in ctx.attr.deps]))`, "copied ctx.attr.deps[][P].xs"},
		{"a closure", `
def f(ctx):
    xs = []
    def visit(d):
        xs.extend(d[P].xs)
    for d in ctx.attr.deps:
        visit(d)
    return P(xs = xs)`, "copied ctx.attr.deps[][P].xs"},
		{"update of a dict", `
def f(ctx):
    m = {}
    for d in ctx.attr.deps:
        m.update(d[P].xs)
    return P(xs = m)`, "copied ctx.attr.deps[][P].xs"},
		{"getattr with a default", `
def f(target, ctx):
    xs = []
    for d in getattr(ctx.rule.attr, "deps", []):
        xs += d[P].xs
    return P(xs = xs)
a = aspect(implementation = f, attr_aspects = ["deps"])`, "copied ctx.rule.attr.deps[][P].xs"},
		{"a field inside a struct", `
def f(ctx):
    xs = []
    for d in ctx.attr.deps:
        xs += d[P].info.xs
    return P(info = struct(xs = xs))`, "P.info.xs:7 <- copied ctx.attr.deps[][P].info.xs"},
		{"one element only", `
def f(ctx):
    return P(xs = [d[P].xs[0] for d in ctx.attr.deps])`, "held ctx.attr.deps[][P].xs[]"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := follow(t, "-- WORKSPACE --\n-- BUILD --\n-- p.bzl --\nP = provider()\n-- h.bzl --\nload(':p.bzl', 'P')\ndef each(d):\n    return d[P].xs\ndef collect(deps):\n    out = []\n    for d in deps:\n        out += each(d)\n    return out\n-- d.bzl --\n"+head+tc.body+"\nr = rule(implementation = f)\n")
			got := strings.Join(stored(p), "\n")
			if !strings.Contains(got, tc.want) {
				t.Errorf("want %q in:\n%s", tc.want, got)
			}
		})
	}
}

// TestTransitive holds which fields lead back to themselves.
func TestTransitive(t *testing.T) {
	t.Parallel()
	p := follow(t, `
-- WORKSPACE --
-- BUILD --
-- d.bzl --
P = provider()
Q = provider()
def f(ctx):
    listed = []
    direct = []
    count = 0
    for d in ctx.attr.deps:
        listed += d[P].listed
        direct += d[Q].own
        count += d[P].count
    shared = depset(transitive = [d[P].shared for d in ctx.attr.deps])
    tool = ctx.attr._tool[P].tool + ["x"]
    return [
        P(listed = listed, direct = direct, count = count, shared = shared, tool = tool, one = ctx.attr.dep[P].one),
        Q(own = ctx.files.srcs, flat = shared.to_list()),
    ]
r = rule(implementation = f)
`)
	got := map[string]bool{}
	for f, n := range p.fields {
		got[f.String()] = n.transitive
	}
	want := map[string]bool{
		"P.listed": true, "P.shared": true, "Q.flat": true,
		"P.direct": false, "P.count": false, "P.tool": false, "P.one": false, "Q.own": false,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestAmounts holds what constants say of sizes, through calls.
func TestAmounts(t *testing.T) {
	t.Parallel()
	p := follow(t, `
-- WORKSPACE --
-- BUILD --
-- d.bzl --
P = provider()
def pad(text, length):
    return text + "." * (length - len(text))
def lines(n, length):
    return [pad("%d" % i, length) for i in range(n)]
def f(ctx):
    rows = []
    for i in range(1000):
        rows += [[i, str(i)]]
    texts = []
    for i in range(10):
        texts.extend(lines(100, 400))
    last = ""
    for i in range(100000):
        last = (last + "x")[-16:]
    return [P(rows = rows, lines = lines(50, 1000), texts = texts, text = pad("", 64000), last = last, few = [1, 2])]
r = rule(implementation = f)
`)
	count, bytes := map[string]int64{}, map[string]int64{}
	for _, s := range p.Stores {
		count[s.Field.Name], bytes[s.Field.Name] = s.Value.Count(), s.Value.Bytes()
	}
	if diff := cmp.Diff(map[string]int64{"rows": 1000, "lines": 50, "texts": 1000, "text": 0, "last": 0, "few": 2}, count); diff != "" {
		t.Error(diff)
	}
	for name, atLeast := range map[string]int64{"rows": 50_000, "lines": 50_000, "texts": 400_000, "text": 64_000} {
		if bytes[name] < atLeast || bytes[name] > 3*atLeast {
			t.Errorf("%s: %d bytes, want about %d", name, bytes[name], atLeast)
		}
	}
	if bytes["last"] > 1000 {
		t.Errorf("last: %d bytes, want few", bytes["last"])
	}
}
