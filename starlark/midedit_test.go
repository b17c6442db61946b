// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"example.invalid/starlark-memls/starlark/starlarktest"
)

func TestLineMap(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, before, now string
		want              map[int32]int32
	}{
		{"nothing", "a\nb\nc\n", "a\nb\nc\n", map[int32]int32{1: 1, 2: 2, 3: 3}},
		{"line inserted", "a\nb\nc\n", "a\nx\nb\nc\n", map[int32]int32{1: 1, 2: 3, 3: 4}},
		{"line inserted first", "a\nb\n", "x\na\nb\n", map[int32]int32{1: 2, 2: 3}},
		{"line removed", "a\nb\nc\n", "a\nc\n", map[int32]int32{1: 1, 3: 2}},
		{"inside a line", "a\nb\nc\n", "a\nbx\nc\n", map[int32]int32{1: 1, 2: 2, 3: 3}},
		{"joined", "a\nb\nc\n", "ab\nc\n", map[int32]int32{1: 1, 3: 2}},
		{"split", "a\nbc\nd\n", "a\nb\nc\nd\n", map[int32]int32{1: 1, 2: 2, 3: 4}},
		{"no line end", "a\nb", "a\nbx", map[int32]int32{1: 1, 2: 2}},
		{"equal lines", "a\na\na\n", "a\na\na\na\n", map[int32]int32{1: 1}},
		{"from nothing", "", "a\n", map[int32]int32{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := lineMapOf([]byte(tt.before), []byte(tt.now))
			for old, want := range tt.want {
				if got := m.line(old); got != want {
					t.Errorf("line %d went to %d, want %d (%+v)", old, got, want, m)
				}
			}
		})
	}
}

const soundFile = `load("//lib:x.bzl", "helper")

def _first(ctx):
    return helper(ctx)

def _second_impl(ctx):
    def inner(x):
        return x + 1

    names = sorted(ctx.attr.names, key = lambda n: len(n))
    return [inner(1), names]

second = rule(
    implementation = _second_impl,
    attrs = {
        "names": attr.string_list(),
    },
)

def _third(ctx):
    """Has a docstring.

    Of some lines.
    """
    return []

third = aspect(implementation = _third)
`

// typed is what stands in an editor after each keystroke: a place, marked by
// a line of the sound file, and the text that was typed behind it.
func TestMidEditKeepsDefinitions(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, behind, typed string }{
		{"open call in a function", "    names = sorted(ctx.attr.names, key = lambda n: len(n))\n", "    foo(\n"},
		{"open bracket at the top", "def _first(ctx):\n    return helper(ctx)\n", "x = [\n"},
		{"open string", "    names = sorted(ctx.attr.names, key = lambda n: len(n))\n", "    s = \"abc\n"},
		{"lone triple quote", "    def inner(x):\n", "        \"\"\"\n"},
		{"half a def", "    return helper(ctx)\n", "\ndef \n"},
		{"a rule's open list", "        \"names\": attr.string_list(),\n", "        \"more\": attr.label_list(providers = [\n"},
		{"dot", "    def inner(x):\n", "        ctx.\n"},
		{"if", "    names = sorted(ctx.attr.names, key = lambda n: len(n))\n", "    if \n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			root := unpack(t, "-- WORKSPACE --\n-- lib/BUILD --\n-- lib/x.bzl --\ndef helper(ctx):\n    pass\n-- p/BUILD --\n-- p/a.bzl --\n"+soundFile)
			path := filepath.Join(root, "p", "a.bzl")
			sound := mustLoad(t, root, LoadOptions{})
			at := strings.Index(soundFile, tt.behind) + len(tt.behind)
			// Character by character, as it is typed.
			w := sound
			for n := 1; n <= len(tt.typed); n++ {
				text := soundFile[:at] + tt.typed[:n] + soundFile[at:]
				next, err := w.With(context.Background(), map[string][]byte{path: []byte(text)}, nil)
				if err != nil {
					t.Fatal(err)
				}
				compareEdited(t, sound, next, path, strings.Count(soundFile[:at], "\n"), strings.Count(tt.typed[:n], "\n"), tt.typed[:n])
				w = next
			}
		})
	}
}

// compareEdited checks that every definition of the sound file stands in the
// edited one, moved down if it was below the edit, with its implementation.
func compareEdited(t *testing.T, sound, edited *Workspace, path string, line, delta int, typed string) {
	t.Helper()
	for _, old := range sound.InFile(path) {
		if old.Kind == Toplevel {
			continue
		}
		want := old.NameRange.Start.Line
		if want > line {
			want += delta
		}
		var found *Definition
		for _, d := range edited.InFile(path) {
			if d.Kind == old.Kind && d.Name == old.Name && d.NameRange.Start.Line == want {
				found = d
			}
		}
		if found == nil {
			t.Errorf("after typing %q: %s %s is not on line %d; there are %s", typed, old.Kind, old.Name, want, describe(edited.InFile(path)))
			return
		}
		if (old.Implementation == nil) != (found.Implementation == nil) ||
			old.Implementation != nil && old.Implementation.Name != found.Implementation.Name {
			t.Errorf("after typing %q: %s lost its implementation", typed, old.Name)
		}
		if !sameChain(old.Enclosing, found.Enclosing) {
			t.Errorf("after typing %q: %s lost what encloses it", typed, old.Name)
		}
	}
}

func describe(list []*Definition) string {
	var b strings.Builder
	for _, d := range list {
		fmt.Fprintf(&b, "%s %s %d-%d; ", d.Kind, d.Name, d.Range.Start.Line, d.Range.End.Line)
	}
	return b.String()
}

// TestRandomEdits holds the snapshots against the truth: single edits of
// generated files that no longer parse; the functions outside of the edited
// statement must stand exactly where they would in the unbroken text.
func TestRandomEdits(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	broken := 0
	for i := range 60 {
		text := starlarktest.File(random, 10*i)
		before := summarize(bzlFile, []byte(text))
		if before.fault != nil {
			t.Fatalf("generated file does not parse: %v", before.fault)
		}
		for range 20 {
			at := random.IntN(len(text))
			insert := []string{"(", ")", "[", "\"", "foo.", "\nif ", "\ndef x(", "'"}[random.IntN(8)]
			edited := text[:at] + insert + text[at:]
			src := &source{kind: bzlFile, overlay: []byte(edited)}
			if src.sum = summarize(bzlFile, src.overlay); src.sum.fault == nil {
				continue
			}
			broken++
			src.keepSound(&source{sum: before, overlay: []byte(text)})
			checkEdited(t, before, src.sum, text, at, strings.Count(insert, "\n"))
		}
	}
	if broken < 300 {
		t.Errorf("only %d edits broke a file: the test tests little", broken)
	}
}

func checkEdited(t *testing.T, before, after *fileSummary, text string, at, delta int) {
	t.Helper()
	line := int32(1 + strings.Count(text[:at], "\n"))
	for i := 1; i < len(before.functions); i++ {
		f := &before.functions[i]
		if f.span.startLine <= line && line <= f.span.endLine+2 || f.kind == Lambda {
			continue // the edited statement itself
		}
		want := f.span
		if want.startLine > line {
			want = want.shift(int32(delta))
		}
		found := false
		for j := range after.functions {
			g := &after.functions[j]
			found = found || g.name == f.name && g.kind == f.kind && g.span == want
		}
		if !found {
			t.Errorf("edit on line %d (%q): %s is not at %+v", line, text[max(0, at-20):at], f.name, want)
		}
	}
}
