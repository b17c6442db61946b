// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"path/filepath"
	"testing"
)

func TestCallees(t *testing.T) {
	t.Parallel()
	root := unpack(t, `
-- WORKSPACE --
-- lib.bzl --
def helper(x):
    return x
-- defs.bzl --
load(":lib.bzl", h = "helper")

def _impl(ctx):
    def inner(x):
        return reversed(x)
    texts = [json.encode(struct(a = t)) for t in sorted(ctx.attr.texts, key = lambda t: len(t))]
    ctx.actions.write(ctx.outputs.out, h(texts))
    return []

eat = rule(implementation = _impl)
walk = aspect(implementation = _impl)

def eats(name, n):
    for i in range(n):
        eat(name = "%s_%d" % (name, i))
-- BUILD --
load(":defs.bzl", "eat", "eats")
eat(name = "one")
[eat(name = "r%d" % i) for i in range(18)]
filegroup(name = "all")
eats(name = "many", n = 4)
-- other/BUILD --
load("//:defs.bzl", "eat")
eat(name = "two")
`)
	cache := t.TempDir()
	for _, from := range []string{"sources", "the cache"} { // the second time
		w := mustLoad(t, root, LoadOptions{CacheDir: cache})
		byName := map[string]*Definition{}
		for _, d := range w.InFile(filepath.ToSlash(filepath.Join(w.Root(), "defs.bzl"))) {
			byName[d.Name] = d
		}
		for name, want := range map[string]bool{
			"encode": true, "struct": true, "sorted": true, "write": true, "h": true, "helper": true,
			"reversed": false, "len": false, "texts": false, "": false,
		} {
			if got := byName["_impl"].Calls(name); got != want {
				t.Errorf("from %s: _impl calls %q: %v", from, name, got)
			}
		}
		if !byName["inner"].Calls("reversed") || !byName["lambda"].Calls("len") || byName["eat"].Calls("_impl") {
			t.Errorf("from %s: a nested function's calls are its own, and a rule has none", from)
		}
		if got := w.Instances(byName["walk"], 1000); got != 25 {
			t.Errorf("from %s: the aspect may visit %d targets, want 25", from, got)
		}
		for most, want := range map[int]int{1000: 24, 7: 7} {
			if got := w.Instances(byName["eat"], most); got != want {
				t.Errorf("from %s: %d instances, want %d", from, got, want)
			}
		}
	}
}
