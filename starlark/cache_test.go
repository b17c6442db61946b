// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"example.invalid/starlark-memls/internal/filecache"

	"example.invalid/starlark-memls/starlark/starlarktest"
)

func cacheFile(t testing.TB, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "index-*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("cache files: %v, %v", files, err)
	}
	return files[0]
}

// TestCacheSaysTheSame: a warm start, a damaged cache and none at all give the
// same definitions.
func TestCacheSaysTheSame(t *testing.T) {
	t.Parallel()
	root := unpack(t, smallWorkspace)
	starlarktest.Generate(t, root, 60)
	write(t, filepath.Join(root, "broken.bzl"), "def f(:\n    pass\n\ndef g():\n    return lambda x: x\n")
	dir := filepath.Join(t.TempDir(), "made", "for", "it")
	want := listing(mustLoad(t, root, LoadOptions{}))
	if got := listing(mustLoad(t, root, LoadOptions{CacheDir: dir})); got != want {
		t.Error("the first start differs")
	}
	warm := mustLoad(t, root, LoadOptions{CacheDir: dir})
	if got := listing(warm); got != want {
		t.Errorf("the warm start differs: %s", firstDifference(got, want))
	}
	if len(warm.Problems()) != 1 {
		t.Errorf("problems of the warm start: %v", warm.Problems())
	}
	whole, err := os.ReadFile(cacheFile(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"empty": {}, "cut": whole[:len(whole)/2], "noise": noise(len(whole)),
		"a bit":   append(append([]byte(nil), whole[:len(whole)/3]...), append([]byte{whole[len(whole)/3] ^ 4}, whole[len(whole)/3+1:]...)...),
		"version": append([]byte(cacheMagic+"\xff"), whole[len(cacheMagic)+1:]...),
	} {
		write(t, cacheFile(t, dir), string(data))
		if got := listing(mustLoad(t, root, LoadOptions{CacheDir: dir})); got != want {
			t.Errorf("damaged cache (%s) changes the index", name)
		}
		if healed, err := os.ReadFile(cacheFile(t, dir)); err != nil || string(healed) != string(whole) {
			t.Errorf("damaged cache (%s) was not written anew: %v", name, err)
		}
	}
}

// TestCacheNoticesEdits: a file is read again when its size or time changed.
func TestCacheNoticesEdits(t *testing.T) {
	t.Parallel()
	root := unpack(t, smallWorkspace)
	dir := t.TempDir()
	mustLoad(t, root, LoadOptions{CacheDir: dir})
	p := filepath.Join(root, "c/c.bzl")
	write(t, p, "def lately():\n    pass\n")
	if err := os.Chtimes(p, time.Now(), time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		w := mustLoad(t, root, LoadOptions{CacheDir: dir})
		if len(w.Named("lately")) != 1 || len(w.Named("lonely")) != 0 {
			t.Error("the cache hides an edit")
		}
	}
	if err := os.Remove(p); err != nil {
		t.Fatal(err)
	}
	if w := mustLoad(t, root, LoadOptions{CacheDir: dir}); len(w.Named("lately")) != 0 {
		t.Error("the cache keeps a file that is gone")
	}
}

// TestCacheIsUsed: the cache, not the file, is read; told by a file whose
// bytes changed under the same size and time.
func TestCacheIsUsed(t *testing.T) {
	t.Parallel()
	root := unpack(t, smallWorkspace)
	dir := t.TempDir()
	p := filepath.Join(root, "c/c.bzl")
	info, err := os.Stat(p)
	if err != nil {
		t.Fatal(err)
	}
	mustLoad(t, root, LoadOptions{CacheDir: dir})
	write(t, p, "def LONELY():\n    pass\n")
	if err := os.Chtimes(p, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	if w := mustLoad(t, root, LoadOptions{CacheDir: dir}); len(w.Named("lonely")) != 1 {
		t.Error("the file was read in spite of the cache")
	}
}

func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i := range filecache.Sources.Budget.Entries + 5 {
		p := filepath.Join(dir, fmt.Sprintf("index-%04d", i))
		write(t, p, "old")
		if err := os.Chtimes(p, time.Unix(int64(i), 0), time.Unix(int64(i), 0)); err != nil {
			t.Fatal(err)
		}
	}
	other := filepath.Join(dir, "not-ours")
	write(t, other, "")
	mustLoad(t, unpack(t, smallWorkspace), LoadOptions{CacheDir: dir})
	files, err := filepath.Glob(filepath.Join(dir, "index-*"))
	if err != nil || len(files) != filecache.Sources.Budget.Entries {
		t.Errorf("%d caches are kept, want %d (%v)", len(files), filecache.Sources.Budget.Entries, err)
	}
	if _, err := os.Stat(other); err != nil {
		t.Error("a file that is not the cache's was removed")
	}
}

func FuzzCache(f *testing.F) {
	root := "/w"
	w := &cache{root: root}
	sum := summarize(bzlFile, []byte(soundFile))
	good := encodeCache(f.Context(), root, []*source{{path: "/w/a.bzl", stamp: stamp{1, 2}, sum: sum}})
	body := good[len(cacheMagic)+5:]
	f.Add(body)
	f.Add(body[:len(body)/2])
	if err := w.decodeBody(body); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		c := &cache{root: root}
		if c.decodeBody(body) != nil {
			return
		}
		for _, e := range c.entries {
			if s := decodeSummary(e.record, c.strings); s != nil {
				face(s)
			}
		}
	})
}
