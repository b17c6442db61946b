// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	const body = "(ctx):\n    x = [d.label for d in ctx.attr.deps]\n    return x\n"
	const base = "def _impl" + body + "\nr = rule(implementation = _impl)\n\ndef outer():\n    def inner(a):\n        return a + 1\n    return inner\n\nls = [lambda a: a, lambda b: b + 2]\n"
	tests := []struct {
		name, file, other, of string
		want, how             string // want is rel:line:name
	}{
		{"same", base, "", "_impl", "a.bzl:1:_impl", SameName},
		{"moved down", "\n\n" + base, "", "_impl", "a.bzl:3:_impl", SameName},
		{"body edited", strings.Replace(base, "return x", "return x + x", 1), "", "_impl", "a.bzl:1:_impl", SameName},
		{"renamed", strings.ReplaceAll(base, "_impl", "_better_impl"), "", "_impl", "a.bzl:1:_better_impl", SameShape},
		{"moved to another file", "y = 1\n", "\ndef _impl" + body, "_impl", "b.bzl:2:_impl", Moved},
		{"renamed and edited", strings.ReplaceAll(strings.Replace(base, "return x", "return 2", 1), "_impl", "_b"), "", "_impl", "", ""},
		{"deleted", "y = 1\n", "", "_impl", "", ""},
		{"another of the name elsewhere", "y = 1\n", "def _impl(ctx):\n    return []\n", "_impl", "", ""},
		{"nested", "\n" + base, "", "inner", "a.bzl:9:inner", SameName},
		{"nested, now at the top", "def inner(a):\n    return a - 1\n", "", "inner", "", ""},
		{"rule", "\n" + base, "", "r", "a.bzl:6:r", SameName},
		{"rule renamed", strings.Replace(base, "\nr = ", "\nbetter = ", 1), "", "r", "a.bzl:5:better", SameShape},
		{"second lambda", strings.Replace(base, "[lambda a: a, ", "[\nlambda a: a, ", 1), "", "lambda", "a.bzl:13:lambda", SameName},
		{"toplevel", "\n" + base, "", "<toplevel>", "a.bzl:1:<toplevel>", SameName},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			before := mustLoad(t, unpack(t, "-- a.bzl --\n"+base), LoadOptions{})
			path := filepath.Join(before.Root(), "a.bzl")
			overlays := map[string][]byte{path: []byte(tt.file)}
			if tt.other != "" {
				overlays[filepath.Join(before.Root(), "b.bzl")] = []byte(tt.other)
			}
			now := with(t, before, overlays)
			list := before.InFile(path)
			var old *Definition
			for _, d := range list {
				if d.Name == tt.of {
					old = d // the last one
				}
			}
			got, how := now.Match(old)
			text := ""
			if got != nil {
				text = now.Rel(got.File) + ":" + decimal(int64(got.Range.Start.Line)) + ":" + got.Name
			}
			if text != tt.want || how != tt.how {
				t.Errorf("Match = %q, %q; want %q, %q", text, how, tt.want, tt.how)
			}
		})
	}
}

// Which of several functions of one name and body a vanished one has become
// nobody can tell: none is marked.
func TestMatchesNoneOfSeveral(t *testing.T) {
	t.Parallel()
	const source = "def _impl(ctx):\n    x = [d.label for d in ctx.attr.deps]\n    return x\n"
	before := mustLoad(t, unpack(t, "-- a.bzl --\n"+source), LoadOptions{})
	old := before.Named("_impl")[0]
	in := func(files ...string) *Workspace {
		overlays := map[string][]byte{old.File: []byte("y = 1\n")}
		for _, name := range files {
			overlays[filepath.Join(before.Root(), name)] = []byte(source)
		}
		return with(t, before, overlays)
	}
	if got, how := in("b.bzl").Match(old); got == nil || how != Moved {
		t.Errorf("of one elsewhere: %v, %q", got, how)
	}
	for _, files := range [][]string{{"b.bzl", "c.bzl"}, {"b.bzl", "c.bzl", "d.bzl"}} {
		if got, how := in(files...).Match(old); got != nil || how != "" {
			t.Errorf("of %d elsewhere: %s, %q", len(files), got.File, how)
		}
	}
	// Nor which of two renamed ones in its own file.
	twice := strings.ReplaceAll(source, "_impl", "_one") + strings.ReplaceAll(source, "_impl", "_two")
	if got, how := with(t, before, map[string][]byte{old.File: []byte(twice)}).Match(old); got != nil || how != "" {
		t.Errorf("of two renamed: %s, %q", got.Name, how)
	}
}
