// SPDX-License-Identifier: Apache-2.0

package hprof

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// someDump has objects over several blocks of a spool.
func someDump() []byte {
	w := newDumpWriter(8)
	w.class(1<<40, 1, "java/lang/Object", 0)
	w.class(1<<40+8, 2, "[Ljava/lang/Object;", 1<<40)
	w.flush(tagHeapDumpSegment)
	for i := range 40_000 {
		w.array(4096+24*i, 1<<40+8, 4096+24*max(i-1, 0))
	}
	w.root(4096 + 24*39_999)
	w.flush(tagHeapDumpSegment)
	w.record(tagHeapDumpEnd, nil)
	return w.Bytes()
}

func gzipped(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(b)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func zstded(t *testing.T, b []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	return w.EncodeAll(b, nil)
}

func zipped(t *testing.T, files map[string][]byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, b := range files {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		f.Write(b)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestCompressed(t *testing.T) {
	t.Parallel()
	dump := someDump()
	whole := int64(40_000)
	for name, test := range map[string]struct {
		content []byte
		objects int64 // -1: fewer than all, and said
		err     string
	}{
		"gzip":               {gzipped(t, dump), whole, ""},
		"gzip in two parts":  {append(gzipped(t, dump[:len(dump)/2]), gzipped(t, dump[len(dump)/2:])...), whole, ""},
		"zstd":               {zstded(t, dump), whole, ""},
		"zip":                {zipped(t, map[string][]byte{"java_pid1.hprof": dump}), whole, ""},
		"zip beside others":  {zipped(t, map[string][]byte{"notes.txt": nil, "a/java_pid1.hprof": dump}), whole, ""},
		"zip of one file":    {zipped(t, map[string][]byte{"dump": dump}), whole, ""},
		"zip of gzip":        {zipped(t, map[string][]byte{"java_pid1.hprof.gz": gzipped(t, dump)}), whole, ""},
		"gzip, cut":          {gzipped(t, dump)[:len(gzipped(t, dump))/2], -1, ""},
		"zstd, cut":          {zstded(t, dump)[:len(zstded(t, dump))/2], -1, ""},
		"gzip of text":       {gzipped(t, []byte("hello")), 0, "does not begin with"},
		"zstd of nothing":    {[]byte("\x28\xb5\x2f\xfd"), 0, "nothing of it can be unpacked"},
		"zip of two":         {zipped(t, map[string][]byte{"a.hprof": dump, "b.hprof": dump}), 0, "2 heap dumps"},
		"zip without a dump": {zipped(t, map[string][]byte{"a": nil, "b": nil}), 0, "no heap dump"},
		"zip, cut":           {zipped(t, map[string][]byte{"a.hprof": dump})[:1000], 0, "unpacking zip"},
		"gzip of zip":        {gzipped(t, zipped(t, map[string][]byte{"a.hprof": dump})), 0, "only from a file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, "dump")
			if err := os.WriteFile(path, test.content, 0o600); err != nil {
				t.Fatal(err)
			}
			d, err := Open(context.Background(), path, OpenOptions{TempDir: dir})
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "\n") {
					t.Errorf("error %v, want %q", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			if test.objects < 0 {
				if d.Damage() == "" || d.Objects() == 0 || d.Objects() >= whole {
					t.Errorf("%d objects, damage %q", d.Objects(), d.Damage())
				}
				return
			}
			if d.Objects() != test.objects || d.Damage() != "" {
				t.Errorf("%d objects, damage %q", d.Objects(), d.Damage())
			}
			if dom, err := graph(t, d).Dominators(context.Background(), nil); err != nil || dom.LiveBytes() < 24*whole {
				t.Errorf("%v", err)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "heap-*")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// TestSpool reads at random what was added, from memory and from the disk.
func TestSpool(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	content := make([]byte, 5*spoolBlock+1234)
	for i := range content {
		content[i] = byte(r.IntN(20)) // compresses, but not to nothing
	}
	for name, memory := range map[string]int{"memory": 1 << 30, "disk": 0, "moved": spoolBlock} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := newSpool(dir)
			s.inMemory = memory
			for from := 0; from < len(content); from += spoolBlock {
				if err := s.add(content[from:min(from+spoolBlock, len(content))]); err != nil {
					t.Fatal(err)
				}
			}
			if (s.file == nil) != (memory == 1<<30) {
				t.Fatalf("on the disk: %v", s.file != nil)
			}
			r := rand.New(rand.NewPCG(3, 4))
			for range 500 {
				off := r.IntN(len(content))
				p := make([]byte, r.IntN(2*spoolBlock))
				n, err := s.ReadAt(p, int64(off))
				want := content[off:min(off+len(p), len(content))]
				if !bytes.Equal(p[:n], want) || (err == io.EOF) != (off+len(p) > len(content)) {
					t.Fatalf("%d bytes at %d: %d read, %v", len(p), off, n, err)
				}
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if left, _ := os.ReadDir(dir); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestSpoolWithoutRoom(t *testing.T) {
	t.Parallel()
	s := newSpool(filepath.Join(t.TempDir(), "absent"))
	s.inMemory = 0
	if err := s.add([]byte("x")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}
