// SPDX-License-Identifier: Apache-2.0

package hprof

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

var cuts = flag.Int("cuts", 1000, "at how many places TestCut cuts a dump")

// TestCut cuts a real dump at a thousand places, from its end to its
// beginning: what lies before stays readable, the loss is said, and every later
// stage works on what is left.
func TestCut(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: cuts a dump everywhere")
	}
	t.Parallel()
	path := zooDump(t)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	full := open(t, path)
	r := rand.New(rand.NewPCG(1, 2))
	cut := filepath.Join(t.TempDir(), "cut.hprof")
	if err := os.WriteFile(cut, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	last := full.Objects()
	for i := *cuts - 1; i >= 0; i-- {
		at := 32 + (len(whole)-33)*i / *cuts + r.IntN(max(1, len(whole) / *cuts - 33))
		if err := os.Truncate(cut, int64(at)); err != nil {
			t.Fatal(err)
		}
		d, err := Open(context.Background(), cut, OpenOptions{})
		if err != nil {
			t.Fatalf("cut at %d: %v", at, err)
		}
		if d.Damage() == "" && !atRecordEnd(whole, at) {
			t.Errorf("cut at %d: no damage said", at)
		}
		if d.Objects() > last {
			t.Errorf("cut at %d: %d objects, %d in a longer part", at, d.Objects(), last)
		}
		last = d.Objects()
		if n := len(d.blocks); n > 0 {
			b := d.blocks[r.IntN(n)]
			got, ok := d.Object(b.first)
			want, _ := full.Object(b.first)
			if !ok || got.class.Name != want.class.Name || got.length != want.length {
				t.Errorf("cut at %d: object %x is %v %v, want %v", at, b.first, got.class, got.length, want.class)
			}
		}
		if i%20 == 0 {
			if _, err := graph(t, d).Dominators(context.Background(), nil); err != nil {
				t.Errorf("cut at %d: %v", at, err)
			}
		}
		d.Close()
	}
}

// atRecordEnd walks the records of a good dump.
func atRecordEnd(b []byte, cut int) bool {
	at := 31
	for at < cut {
		at += recordHeaderBytes + int(binary.BigEndian.Uint32(b[at+5:]))
	}
	return at == cut
}

func TestQuirks(t *testing.T) {
	t.Parallel()
	heap := func(w *dumpWriter) {
		w.class(800, 1, "java/lang/Object", 0)
		w.class(808, 2, "[Ljava/lang/Object;", 800)
		w.bytes(4096, 7)
		w.array(4120, 808, 4096)
		w.root(4120)
	}
	tests := map[string]struct {
		make    func(w *dumpWriter)
		objects int64
		damage  string
	}{
		"one record": {func(w *dumpWriter) { heap(w); w.flush(tagHeapDump); w.record(tagHeapDumpEnd, nil) }, 2, ""},
		"length zero": {func(w *dumpWriter) {
			heap(w)
			w.put(&w.Buffer, byte(tagHeapDump), uint32(0), uint32(0))
			w.Write(w.heap.Bytes())
			w.record(tagHeapDumpEnd, nil)
		}, 2, ""},
		"length zero, no end": {func(w *dumpWriter) {
			heap(w)
			w.put(&w.Buffer, byte(tagHeapDump), uint32(0), uint32(0))
			w.Write(w.heap.Bytes())
		}, 2, ""},
		"empty segment": {func(w *dumpWriter) { w.flush(tagHeapDumpSegment); heap(w); w.flush(tagHeapDumpSegment) }, 2, "lacks the record that ends it"},
		"Android": {func(w *dumpWriter) {
			heap(w)
			for _, tag := range []byte{subRootInterned, subRootFinalizing, subRootDebugger, subRootRefCleanup, subRootVMInternal, subRootUnreachable} {
				w.put(&w.heap, tag, 4096)
			}
			w.put(&w.heap, byte(subRootJNIMonitor), 4096, uint32(1), uint32(2))
			w.put(&w.heap, byte(subHeapDumpInfo), uint32(1), 1)
			w.put(&w.heap, byte(subPrimArrayNoData), 5000, uint32(0), uint32(1<<30), byte(Long))
			w.bytes(5008, 1)
			w.flush(tagHeapDumpSegment)
			w.record(tagHeapDumpEnd, nil)
		}, 4, ""},
		"an array longer than the file": {func(w *dumpWriter) {
			heap(w)
			w.put(&w.heap, byte(subPrimArrayDump), 6000, uint32(0), uint32(1<<31), byte(Long))
			w.flush(tagHeapDumpSegment)
		}, 2, "cut"},
		"an array longer than its record": {func(w *dumpWriter) {
			heap(w)
			w.put(&w.heap, byte(subPrimArrayDump), 6000, uint32(0), uint32(100), byte(Byte))
			w.flush(tagHeapDumpSegment)
			w.record(tagControlSettings, make([]byte, 200))
		}, 2, "damaged"},
		"a tag that is none": {func(w *dumpWriter) { heap(w); w.heap.WriteByte(0x77); w.flush(tagHeapDump) }, 2, "0x77"},
		"zeros to the end":   {func(w *dumpWriter) { heap(w); w.flush(tagHeapDump); w.Write(make([]byte, 1000)) }, 2, "zeros"},
		"ids in no order":    {func(w *dumpWriter) { heap(w); w.bytes(9, 1); w.bytes(1<<30, 1); w.bytes(8, 2); w.flush(tagHeapDump) }, 5, ""},
		"the same id twice":  {func(w *dumpWriter) { heap(w); w.bytes(4096, 70); w.flush(tagHeapDump) }, 2, ""},
		"a frame of 3 bytes": {func(w *dumpWriter) { w.record(tagFrame, make([]byte, 3)) }, 0, "damaged"},
		"a superclass's ring": {func(w *dumpWriter) {
			w.class(800, 1, "A", 808)
			w.class(808, 2, "B", 800)
			w.instance(900, 800)
			w.flush(tagHeapDump)
		}, 1, ""},
	}
	for name, test := range tests {
		for _, idSize := range []int{4, 8} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w := newDumpWriter(idSize)
				test.make(w)
				d, err := Open(context.Background(), w.save(t), OpenOptions{})
				if err != nil {
					t.Fatal(err)
				}
				defer d.Close()
				if d.Objects() != test.objects || (test.damage == "") != (d.Damage() == "") || !strings.Contains(d.Damage(), test.damage) {
					t.Errorf("%d objects, want %d; damage %q", d.Objects(), test.objects, d.Damage())
				}
				if d.Objects() >= 2 && test.objects != 0 {
					if o, ok := d.Object(4120); ok && o.Len() != 1 {
						t.Errorf("array of %d elements", o.Len())
					}
				}
				if _, err := graph(t, d).Dominators(context.Background(), nil); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

func TestNotADump(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"empty": "", "text": "hello", "noise": strings.Repeat("\xff\x00", 1<<16), "header cut": "JAVA PROFILE 1.0.2\x00\x00",
		"id size": "JAVA PROFILE 1.0.2\x00\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x00", "gzip of nothing": "\x1f\x8b",
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(context.Background(), path, OpenOptions{})
		if err == nil || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
		if name != "gzip of nothing" && !errors.Is(err, ErrNotHeapDump) {
			t.Errorf("%s: %v is not ErrNotHeapDump", name, err)
		}
	}
	for _, path := range []string{dir, filepath.Join(dir, "absent")} {
		if _, err := Open(context.Background(), path, OpenOptions{}); err == nil {
			t.Errorf("%s opens", path)
		}
	}
}

// FuzzOpen reads anything, looks at everything, and allocates no more than a
// multiple of the input.
func FuzzOpen(f *testing.F) {
	for _, idSize := range []int{4, 8} {
		w := newDumpWriter(idSize)
		w.class(800, 1, "java/lang/Object", 0)
		w.class(808, 2, "[Ljava/lang/Object;", 800)
		w.class(816, 3, "java/lang/ref/Reference", 800, 1, 2)
		w.class(824, 4, "java/lang/ref/WeakReference", 816)
		w.flush(tagHeapDumpSegment)
		w.bytes(4096, 3)
		w.array(4120, 808, 4096, 4144)
		w.instance(4144, 824, 4096, 4120)
		w.root(4120)
		w.put(&w.heap, byte(subRootThreadObject), 4144, uint32(1), uint32(1))
		w.flush(tagHeapDump)
		f.Add(w.Bytes())
		for i := range 4 { // segments, for the workers
			w.bytes(4200+16*i, 5)
			w.instance(4300+32*i, 824, 4096, 4120)
			w.flush(tagHeapDumpSegment)
		}
		w.record(tagHeapDumpEnd, nil)
		f.Add(w.Bytes())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "fuzz.hprof")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		d, err := Open(context.Background(), path, OpenOptions{Workers: 2, runBytes: 1, MaxInflatedBytes: 1 << 20})
		if err != nil {
			return
		}
		defer d.Close()
		g, err := d.Graph(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for node := range uint32(g.Nodes()) {
			o, ok := g.Object(node)
			if !ok {
				t.Fatalf("node %d has no object", node)
			}
			o.Text(100)
			o.Bytes(100)
			o.ShallowBytes()
		}
		rooted := map[uint32]Owner{}
		for node := range uint32(min(g.Nodes(), 4)) {
			rooted[node] = FirstOwner + Owner(node)
			o, _ := g.Object(node)
			if _, _, _, err := g.PathToRoot(context.Background(), o.ID); err != nil {
				t.Fatal(err)
			}
		}
		single := Single{Nodes: []uint32{0, 1}}
		if _, err := g.Own(context.Background(), []Owners{{rooted, func(Root) Owner { return Elsewhere }}}, single); err != nil {
			t.Fatal(err)
		}
		if _, err := g.Dominators(context.Background(), nil); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 24<<20+100*uint64(len(data)) && !bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
			t.Errorf("%d bytes allocated for %d bytes of input", used, len(data))
		}
	})
}
