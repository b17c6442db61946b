// SPDX-License-Identifier: Apache-2.0

package hprof

import (
	"bytes"
	"context"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A dumpWriter makes dumps record by record, for shapes no JVM at hand writes.
type dumpWriter struct {
	bytes.Buffer
	idSize int
	heap   bytes.Buffer
}

func newDumpWriter(idSize int) *dumpWriter {
	w := &dumpWriter{idSize: idSize}
	w.WriteString("JAVA PROFILE 1.0.2\x00")
	binary.Write(w, binary.BigEndian, uint32(idSize))
	binary.Write(w, binary.BigEndian, uint64(1700000000000))
	return w
}

// put appends numbers to a buffer: int is an id, the others as they are.
func (w *dumpWriter) put(b *bytes.Buffer, values ...any) {
	for _, v := range values {
		switch v := v.(type) {
		case int:
			if w.idSize == 4 {
				binary.Write(b, binary.BigEndian, uint32(v))
			} else {
				binary.Write(b, binary.BigEndian, uint64(v))
			}
		case string:
			b.WriteString(v)
		default:
			binary.Write(b, binary.BigEndian, v)
		}
	}
}

func (w *dumpWriter) record(tag byte, body []byte) {
	w.put(&w.Buffer, tag, uint32(0), uint32(len(body)))
	w.Write(body)
}

func (w *dumpWriter) utf8(id int, s string) {
	var b bytes.Buffer
	w.put(&b, id, s)
	w.record(tagUTF8, b.Bytes())
}

// class loads and dumps a class whose instances have only references.
func (w *dumpWriter) class(id, nameID int, name string, super int, fieldNames ...int) {
	w.utf8(nameID, name)
	var b bytes.Buffer
	w.put(&b, uint32(id), id, uint32(0), nameID)
	w.record(tagLoadClass, b.Bytes())
	w.put(&w.heap, byte(subClassDump), id, uint32(0), super, 0, 0, 0, 0, 0, uint32(len(fieldNames)*w.idSize), uint16(0), uint16(0), uint16(len(fieldNames)))
	for _, f := range fieldNames {
		w.put(&w.heap, f, byte(Ref))
	}
}

func (w *dumpWriter) instance(id, class int, refs ...int) {
	w.put(&w.heap, byte(subInstanceDump), id, uint32(0), class, uint32(len(refs)*w.idSize))
	for _, r := range refs {
		w.put(&w.heap, r)
	}
}

func (w *dumpWriter) array(id, class int, refs ...int) {
	w.put(&w.heap, byte(subObjectArrayDump), id, uint32(0), uint32(len(refs)), class)
	for _, r := range refs {
		w.put(&w.heap, r)
	}
}

func (w *dumpWriter) bytes(id, n int) {
	w.put(&w.heap, byte(subPrimArrayDump), id, uint32(0), uint32(n), byte(Byte))
	w.heap.Write(make([]byte, n))
}

func (w *dumpWriter) root(id int) { w.put(&w.heap, byte(subRootUnknown), id) }

// flush ends the heap record at hand.
func (w *dumpWriter) flush(tag byte) {
	w.record(tag, w.heap.Bytes())
	w.heap.Reset()
}

func (w *dumpWriter) save(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "made.hprof")
	if err := os.WriteFile(path, w.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A toy is a random heap: refs by object; object i has the id idOf(i).
type toy struct {
	refs  [][]int
	roots []int
	size  []int
}

func randomToy(r *rand.Rand) toy {
	n := 2 + r.IntN(40)
	h := toy{refs: make([][]int, n), size: make([]int, n)}
	for i := range h.refs {
		for range r.IntN(4) {
			h.refs[i] = append(h.refs[i], r.IntN(n))
		}
	}
	for range 1 + r.IntN(3) {
		h.roots = append(h.roots, r.IntN(n))
	}
	return h
}

// reachable are the objects reachable without those in gone.
func (h toy) reachable(gone func(int) bool) []bool { return h.reachableFrom(h.roots, gone) }

func (h toy) reachableFrom(roots []int, gone func(int) bool) []bool {
	seen := make([]bool, len(h.refs))
	var visit func(int)
	visit = func(i int) {
		if seen[i] || gone(i) {
			return
		}
		seen[i] = true
		for _, to := range h.refs[i] {
			visit(to)
		}
	}
	for _, r := range roots {
		visit(r)
	}
	return seen
}

// dump writes the heap with object i of the id ids[i], in the order of order.
func (h toy) dump(t testing.TB, idSize int, ids, order []int) *Dump {
	w := newDumpWriter(idSize)
	w.class(1<<20, 1, "java/lang/Object", 0)
	w.class(1<<20+8, 2, "[Ljava/lang/Object;", 1<<20)
	w.flush(tagHeapDumpSegment)
	for _, i := range order {
		var refs []int
		for _, to := range h.refs[i] {
			refs = append(refs, ids[to])
		}
		w.array(ids[i], 1<<20+8, refs...)
	}
	for _, r := range h.roots {
		w.root(ids[r])
	}
	w.flush(tagHeapDumpSegment)
	w.record(tagHeapDumpEnd, nil)
	return open(t, w.save(t))
}

// TestAgainstBruteForce removes each object in turn and looks what is left.
func TestAgainstBruteForce(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: hundreds of graphs by brute force")
	}
	t.Parallel()
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 1))
		h := randomToy(r)
		n := len(h.refs)
		ids, order := make([]int, n), r.Perm(n)
		at := 4096
		for i := range ids {
			ids[i] = at
			at += 16 + 8*(1+len(h.refs[i])) // any distances that do not overlap
		}
		if seed%3 == 0 {
			slices.Sort(order)
		}
		d := h.dump(t, []int{4, 8}[seed%2], ids, order)
		g := graph(t, d)
		checkOwners(t, seed, r, h, g, ids)
		checkDominators(t, seed, h, g, ids, nil)
		late := map[int]bool{h.roots[r.IntN(len(h.roots))]: true, h.roots[0]: r.IntN(2) == 0}
		checkDominators(t, seed, h, graph(t, d), ids, late)
	}
}

// checkDominators removes each object in turn. Without late roots what is then
// unreachable was dominated. With them there are two heaps: what the other
// roots reach, as though the late ones were not there; and what only the late
// ones reach, as though nothing else were.
func checkDominators(t *testing.T, seed uint64, h toy, g *Graph, ids []int, late map[int]bool) {
	t.Helper()
	dom, err := g.Dominators(context.Background(), func(r Root) bool { return late[slices.Index(ids, int(r.ID))] })
	if err != nil {
		t.Fatal(err)
	}
	nothing := func(int) bool { return false }
	early := slices.DeleteFunc(slices.Clone(h.roots), func(r int) bool { return late[r] })
	inEarly, alive := h.reachableFrom(early, nothing), h.reachable(nothing)
	for i := range ids {
		left := h.reachableFrom(early, func(k int) bool { return k == i })
		if !inEarly[i] {
			left = h.reachable(func(k int) bool { return k == i || inEarly[k] })
		}
		var want int64
		for k := range ids {
			dominated := alive[i] && alive[k] && inEarly[i] == inEarly[k] && !left[k]
			if dominated {
				want += g.ShallowBytes(g.Number(uint64(ids[k])))
			}
			got := dom.Dominates(g.Number(uint64(ids[i])), g.Number(uint64(ids[k])))
			if got != dominated {
				t.Fatalf("seed %d, late roots %v: %d dominates %d: %v", seed, late, i, k, got)
			}
		}
		if got := dom.RetainedBytes(g.Number(uint64(ids[i]))); got != want {
			t.Fatalf("seed %d, late roots %v: object %d retains %d bytes, want %d", seed, late, i, got, want)
		}
	}
}

// checkOwners plants owners at random; what one owner holds must go with its
// own objects, what several hold with all of theirs, and only that.
func checkOwners(t *testing.T, seed uint64, r *rand.Rand, h toy, g *Graph, ids []int) {
	t.Helper()
	planted, owner := map[uint32]Owner{}, map[int]Owner{}
	for range 1 + r.IntN(6) {
		i := r.IntN(len(ids))
		owner[i] = FirstOwner + Owner(r.IntN(3))
		planted[g.Number(uint64(ids[i]))] = owner[i]
	}
	ownership, err := g.Own(context.Background(), []Owners{{planted, func(Root) Owner { return Elsewhere }}}, Single{})
	if err != nil {
		t.Fatal(err)
	}
	without := func(gone func(Owner) bool) []bool {
		return h.reachable(func(i int) bool { o, ok := owner[i]; return ok && gone(o) })
	}
	alive := h.reachable(func(int) bool { return false })
	none := without(func(Owner) bool { return true })
	for i := range ids {
		got := ownership.Owner(0, g.Number(uint64(ids[i])))
		_, own := owner[i]
		switch {
		case !alive[i]:
			if got != Nobody {
				t.Fatalf("seed %d: dead object %d has owner %d", seed, i, got)
			}
		case none[i] != (got == Elsewhere):
			t.Fatalf("seed %d: object %d: reachable without any owner: %v, owner %d", seed, i, none[i], got)
		case got != Elsewhere && got != Shared && !own:
			if without(func(o Owner) bool { return o == got })[i] {
				t.Fatalf("seed %d: object %d stays without its owner %d", seed, i, got)
			}
		}
	}
}

// TestLongChain is a list of a million links each of which also points back to
// its head and is pointed at by an array: deep for recursion, slow for anything
// that climbs.
func TestLongChain(t *testing.T) {
	t.Parallel()
	const n = 1 << 20
	w := newDumpWriter(8)
	w.class(1<<40, 1, "java/lang/Object", 0)
	w.class(1<<40+8, 2, "[Ljava/lang/Object;", 1<<40)
	all := make([]int, n)
	for i := range all {
		all[i] = 4096 + 24*i
		w.array(all[i], 1<<40+8, 4096+24*min(i+1, n-1), 4096)
	}
	w.array(1<<39, 1<<40+8, all...)
	w.root(1 << 39)
	w.flush(tagHeapDump)
	d := open(t, w.save(t))
	g := graph(t, d)
	dom, err := g.Dominators(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	last := g.Number(uint64(all[n-1]))
	if at, ok := dom.Dominator(last); !ok || at != g.Number(1<<39) {
		t.Errorf("the last link hangs on %d", at)
	}
	if got, want := dom.RetainedBytes(g.Number(1<<39)), dom.LiveBytes()-g.ShallowBytes(g.Number(1<<40)); got > dom.LiveBytes() || got < want/2 {
		t.Errorf("the array retains %d", got)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	w := newDumpWriter(8)
	w.root(1)
	w.flush(tagHeapDump)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Open(ctx, w.save(t), OpenOptions{}); err == nil {
		t.Error("a cancelled context opens a dump")
	}
	d := open(t, w.save(t))
	if _, err := d.Graph(ctx); err == nil {
		t.Error("a cancelled context builds a graph")
	}
}
