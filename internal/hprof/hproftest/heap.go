// SPDX-License-Identifier: Apache-2.0

// Package hproftest makes heap dumps of Bazel servers of any size: as a reader that
// computes what is asked of it, so that a dump of forty gigabytes needs no disk, or
// as a file. Every object stands where a collector would have put it.
package hproftest

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"sort"
)

// A Heap says what is in the dump.
type Heap struct {
	// Targets are configured targets of one rule, each depending on the one
	// before, with an instance of a provider whose field is a list of strings.
	Targets int
	// Strings are those that each target has made itself.
	Strings int
	// Inherit puts the strings of all targets before into each list as well:
	// what a rule does that copies its dependencies' lists, in a chain.
	Inherit bool
	// Local is the length of a list of strings that only a variable of the one
	// running Starlark thread holds.
	Local int
	// Growing: a Java frame of the thread has the list's array as well.
	Growing bool
	// Left: an error has left the thread's function, whose frame lies about as
	// garbage, and the dump was made for an error of another thread.
	Left bool
}

// The classes, by their place in the dump.
const (
	object = iota
	javaString
	objects
	arrayList
	nodeEntry
	targetKey
	label
	packageID
	pathFragment
	targetValue
	target
	info
	provider
	list
	starlarkThread
	frame
	function
	resolved
	binding
	identifier
	location
	javaThread
	memoryError
)

// A slot is a reference where its size is 0, else an integer of that many bytes.
type slot struct {
	name string
	size int
}

var classes = []struct {
	name   string
	fields []slot
}{
	object:         {"java/lang/Object", nil},
	javaString:     {"java/lang/String", []slot{{"value", 0}, {"hash", 4}, {"coder", 1}}},
	objects:        {"[Ljava/lang/Object;", nil},
	arrayList:      {"java/util/ArrayList", []slot{{"size", 4}, {"elementData", 0}}},
	nodeEntry:      {"com/google/devtools/build/skyframe/InMemoryNodeEntry", []slot{{"key", 0}, {"value", 0}, {"directDeps", 0}}},
	targetKey:      {"com/google/devtools/build/lib/skyframe/ConfiguredTargetKey", []slot{{"label", 0}}},
	label:          {"com/google/devtools/build/lib/cmdline/Label", []slot{{"packageIdentifier", 0}, {"name", 0}}},
	packageID:      {"com/google/devtools/build/lib/cmdline/PackageIdentifier", []slot{{"pkgName", 0}}},
	pathFragment:   {"com/google/devtools/build/lib/vfs/PathFragment", []slot{{"normalizedPath", 0}}},
	targetValue:    {"com/google/devtools/build/lib/skyframe/RuleConfiguredTargetValue", []slot{{"configuredTarget", 0}}},
	target:         {"com/google/devtools/build/lib/analysis/configuredtargets/RuleConfiguredTarget", []slot{{"ruleClassString", 0}, {"info", 0}}},
	info:           {"com/google/devtools/build/lib/packages/StarlarkInfo", []slot{{"provider", 0}, {"table", 0}, {"location", 0}}},
	provider:       {"com/google/devtools/build/lib/packages/StarlarkProvider", []slot{{"name", 0}}},
	list:           {"net/starlark/java/eval/StarlarkList", []slot{{"elems", 0}, {"size", 4}}},
	starlarkThread: {"net/starlark/java/eval/StarlarkThread", []slot{{"callstack", 0}}},
	frame:          {"net/starlark/java/eval/StarlarkThread$Frame", []slot{{"fn", 0}, {"loc", 0}, {"locals", 0}, {"thread", 0}}},
	function:       {"net/starlark/java/eval/StarlarkFunction", []slot{{"rfn", 0}}},
	resolved:       {"net/starlark/java/syntax/Resolver$Function", []slot{{"name", 0}, {"location", 0}, {"locals", 0}}},
	binding:        {"net/starlark/java/syntax/Resolver$Binding", []slot{{"first", 0}}},
	identifier:     {"net/starlark/java/syntax/Identifier", []slot{{"name", 0}}},
	location:       {"net/starlark/java/syntax/Location", []slot{{"file", 0}, {"line", 4}, {"column", 4}}},
	javaThread:     {"java/lang/Thread", []slot{{"name", 0}}},
	memoryError:    {"java/lang/OutOfMemoryError", nil},
}

const (
	idBytes     = 8
	classesFrom = 0x1000
	heapFrom    = 0x80000000
	textBytes   = 24 // of a string in a list
	stringFile  = 1 + idBytes + 4 + idBytes + 4 + idBytes + 5 + 1 + idBytes + 4 + 4 + 1 + textBytes
	stringHeap  = 24 + 16 + textBytes
	arrayHeader = 1 + idBytes + 4 + 4 + idBytes
)

func classID(class int) uint64 { return classesFrom + 64*uint64(class) }

// A DumpReader is a dump.
type DumpReader struct {
	heap    Heap
	head    []byte
	regions []region // the targets', then the variable's
	end     []byte
	size    int64
	// shared objects
	ruleClass, pkg, provided, fieldName, made, thread uint64
}

// A region is what a target has for itself: one segment of the dump. Its objects
// lie in this order: some of fixed size, the list's array, the strings.
type region struct {
	at            int64 // in the file, of the segment
	fixed         int64 // bytes before the array's elements
	elements, own int   // of the list; strings of its own
	// Of the first object, the list, its array, the first string.
	address, list, array, values uint64
}

func (r region) bytes() int64 {
	return r.fixed + int64(r.elements)*idBytes + int64(r.own)*stringFile
}

// Open makes the dump's reader.
func (h Heap) Open() *DumpReader {
	r := &DumpReader{heap: h}
	var w layoutWriter
	w.next = heapFrom
	// The shared objects stand in front; what leads to the regions' objects is
	// known once these are laid out, so that the head is written twice.
	r.writeHead(&w)
	at := int64(w.out.Len())
	address := w.next
	for k := range h.Targets + 1 {
		n := region{at: at, elements: h.Strings, own: h.Strings, address: address}
		if h.Inherit {
			n.elements = h.Strings * (k + 1)
		}
		if k == h.Targets {
			n.elements, n.own = h.Local, h.Local
		}
		r.regions = append(r.regions, n)
		fixed := r.layOut(k)
		p := &r.regions[k]
		p.fixed = int64(len(fixed.out.Bytes()))
		p.list, p.array, p.values = fixed.list, fixed.array, align(fixed.array+16+4*uint64(p.elements))
		address = p.values + uint64(p.own)*stringHeap
		at += p.bytes()
	}
	again := layoutWriter{next: heapFrom}
	r.writeHead(&again)
	r.head = again.out.Bytes()
	r.end = []byte{0x2c, 0, 0, 0, 0, 0, 0, 0, 0}
	r.size = at + int64(len(r.end))
	return r
}

func align(n uint64) uint64 { return (n + 7) &^ 7 }

// Size is the dump's length.
func (r *DumpReader) Size() int64 { return r.size }

// Save writes the dump to a file.
func (r *DumpReader) Save(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if _, err := io.CopyBuffer(struct{ io.Writer }{f}, io.NewSectionReader(r, 0, r.size), make([]byte, 1<<20)); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// ReadAt reads any part of the dump. It is safe for concurrent use.
func (r *DumpReader) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) {
		if off >= r.size {
			return n, io.EOF
		}
		k := r.readSome(p[n:], off)
		n, off = n+k, off+int64(k)
	}
	return n, nil
}

func (r *DumpReader) readSome(p []byte, off int64) int {
	if off < int64(len(r.head)) {
		return copy(p, r.head[off:])
	}
	last := r.size - int64(len(r.end))
	if off >= last {
		return copy(p, r.end[off-last:])
	}
	k := sort.Search(len(r.regions), func(i int) bool { return r.regions[i].at > off }) - 1
	n := &r.regions[k]
	off -= n.at
	if off < n.fixed {
		return copy(p, r.layOut(k).out.Bytes()[off:])
	}
	off -= n.fixed
	if array := int64(n.elements) * idBytes; off < array {
		return r.elements(p[:min(int64(len(p)), array-off)], k, off)
	} else {
		off -= array
	}
	return r.strings(p, n, off)
}

// elements writes the array's elements from a byte on.
func (r *DumpReader) elements(p []byte, k int, off int64) int {
	done := 0
	var b [idBytes]byte
	for i := int(off / idBytes); done < len(p); i++ {
		from := &r.regions[k]
		own := i
		if r.heap.Inherit && k < r.heap.Targets {
			from, own = &r.regions[i/r.heap.Strings], i%r.heap.Strings
		}
		binary.BigEndian.PutUint64(b[:], from.values+uint64(own)*stringHeap)
		done += copy(p[done:], b[off%idBytes:])
		off += int64(idBytes) - off%idBytes
	}
	return done
}

// strings writes strings with their characters from a byte on.
func (r *DumpReader) strings(p []byte, n *region, off int64) int {
	done := 0
	var b [stringFile]byte
	for i := int(off / stringFile); i < n.own && done < len(p); i++ {
		at := n.values + uint64(i)*stringHeap
		putString(b[:0], at, at)
		done += copy(p[done:], b[off%stringFile:])
		off += stringFile - off%stringFile
	}
	return done
}

// putString appends a string at an address with a text that no other has.
func putString(b []byte, at, text uint64) []byte {
	be := binary.BigEndian
	b = append(b, 0x21)
	b = be.AppendUint64(b, at)
	b = be.AppendUint32(b, 0)
	b = be.AppendUint64(b, classID(javaString))
	b = be.AppendUint32(b, idBytes+5)
	b = be.AppendUint64(b, at+24)
	b = append(b, 0, 0, 0, 0, 0)
	b = append(b, 0x23)
	b = be.AppendUint64(b, at+24)
	b = be.AppendUint32(b, 0)
	b = be.AppendUint32(b, textBytes)
	b = append(b, 8)
	return fmt.Appendf(b, "pkg/file_%011d.txt", text)[:len(b)+textBytes]
}

// layOut writes what stands in a region before its array's elements.
func (r *DumpReader) layOut(k int) *layoutWriter {
	n := r.regions[k]
	w := &layoutWriter{next: n.address}
	w.out.Write(make([]byte, 9)) // the segment's header
	if k < r.heap.Targets {
		name := w.text(fmt.Sprintf("t%09d", k))
		key := w.instance(targetKey, w.instance(label, r.pkg, name))
		// What follows is referred to before it is there.
		made := w.next + 24 // behind the entry
		before := uint64(0)
		if k > 0 {
			before = r.entry(k-1) - 16 // its key
		}
		w.instance(nodeEntry, key, made, before)
		w.instance(targetValue, made+16)
		w.instance(target, r.ruleClass, made+16+24)
		w.instance(info, r.provided, made+16+24+24, r.made)
		w.arrayOf(r.fieldName, made+16+24+24+24)
	}
	w.list = w.next
	w.instance(list, w.next+24, uint64(n.elements))
	w.array = w.arrayHead(n.elements)
	body := w.out.Len() - 9 + n.elements*idBytes + n.own*stringFile
	header := binary.BigEndian.AppendUint32([]byte{0x1c, 0, 0, 0, 0}, uint32(body))
	copy(w.out.Bytes(), header)
	return w
}

// entry is the address of a target's node: what stands before it has one size.
func (r *DumpReader) entry(k int) uint64 {
	return r.regions[k].address + 24 + 32 + 24 + 16
}
