// SPDX-License-Identifier: Apache-2.0

package hprof

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"example.invalid/starlark-memls/internal/filecache"
)

// OpenOptions tell Open what it cannot find out by itself. The zero value is good.
type OpenOptions struct {
	// TempDir is where a dump is kept while it is read that can be read only
	// once, or lies compressed (spool.go); "" is the system's.
	TempDir string
	// MaxInflatedBytes bounds what such a dump may unpack to; 0 is 256 GiB.
	MaxInflatedBytes int64
	// CacheDir is where the index is kept between runs (cache.go); "" is
	// nowhere.
	CacheDir string
	// Watch names classes whose instances, subclasses' included, are to be
	// listed by Watched without a second pass.
	Watch []string
	// Progress, where set, is called now and then from the goroutine that
	// works.
	Progress func(Progress)
	// Workers bounds the goroutines of a stage; 0 is GOMAXPROCS.
	Workers int

	runBytes int64 // see parallel.go; 0 is runBytes
}

// Progress says how far a stage has come, in units of its own.
type Progress struct {
	Stage       string
	Done, Total int64
}

// A Dump is an open heap dump. It is immutable and safe for concurrent use;
// Close it when no reader is left.
type Dump struct {
	opts        OpenOptions
	path        string
	src         *dumpFile
	idSize      int
	firstRecord int64
	written     time.Time
	version     string

	classes    []*Class
	classClass *Class
	primArrays [12]*Class
	byID       idMap
	blocks     []block
	roots      []Root
	threads    []JavaThread
	watched    map[uint32][]uint64
	histogram  []HistogramLine
	layout     Layout
	objects    int64
	idBits     uint64
	low, high  uint64

	damage   string
	cacheErr error
}

// ErrNotHeapDump is wrapped by Open's error for a file of another format.
var ErrNotHeapDump = errors.New("not a heap dump")

// ErrTooLarge is wrapped where a dump has more than the numbers of this package
// hold.
var ErrTooLarge = errors.New("too large")

// Open reads a dump once, from end to end. It keeps classes, roots, threads and
// a sparse index of the objects; the object graph is built on demand (Graph).
// A dump that ends early or is damaged opens with what was read before, and
// Damage says so. Open fails only where there is nothing to read: no such file,
// another format, or a cancelled context.
func Open(ctx context.Context, path string, opts OpenOptions) (*Dump, error) {
	src, err := openSource(ctx, path, opts)
	if err != nil {
		return nil, err
	}
	return openFrom(ctx, src, path, opts)
}

// OpenAt opens a dump that lies in no file: size bytes of from, which must allow
// several readers at once. Its name is for messages.
func OpenAt(ctx context.Context, from io.ReaderAt, size int64, name string, opts OpenOptions) (*Dump, error) {
	return openFrom(ctx, newSource(from, size, name, func() error { return nil }), name, opts)
}

func openFrom(ctx context.Context, src *dumpFile, path string, opts OpenOptions) (*Dump, error) {
	d := &Dump{opts: opts, path: path, src: src, watched: map[uint32][]uint64{}}
	if err := d.readHeader(); err != nil {
		src.close()
		return nil, err
	}
	cached := d.cachePath()
	if cached != "" && d.load(cached) {
		return d, nil
	}
	if err := d.scan(ctx, blockObjects); err != nil {
		src.close()
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	if cached != "" {
		d.cacheErr = d.save(cached)
	}
	return d, nil
}

// cachePath is where the dump's index is kept, "" for nowhere.
func (d *Dump) cachePath() string {
	if d.opts.CacheDir == "" {
		return ""
	}
	id, err := Identity(d.path)
	if err != nil {
		return ""
	}
	return filepath.Join(d.opts.CacheDir, filecache.Dumps.Prefix+id)
}

// CacheError says why the index could not be kept, nil where it was or was not
// asked for.
func (d *Dump) CacheError() error { return d.cacheErr }

// Close releases the file. Objects of the dump must not be used afterwards.
func (d *Dump) Close() error { return d.src.close() }

func (d *Dump) workers() int {
	if d.opts.Workers > 0 {
		return d.opts.Workers
	}
	return runtime.GOMAXPROCS(0)
}

const magic = "JAVA PROFILE "

func (d *Dump) readHeader() error {
	buf := make([]byte, min(d.src.size, 64))
	if err := d.src.readAt(buf, 0); err != nil && len(buf) > 0 {
		return err
	}
	end := bytes.IndexByte(buf, 0)
	if !bytes.HasPrefix(buf, []byte(magic)) {
		if len(buf) == 0 {
			return fmt.Errorf("%s is empty: %w", d.path, ErrNotHeapDump)
		}
		return fmt.Errorf("%s does not begin with %q: %w", d.path, magic, ErrNotHeapDump)
	}
	if end < 0 || end+13 > len(buf) {
		return fmt.Errorf("%s ends inside its header (%d bytes): %w", d.path, d.src.size, ErrNotHeapDump)
	}
	d.version = string(buf[len(magic):end])
	d.idSize = int(be32(buf[end+1:]))
	if d.idSize != 4 && d.idSize != 8 {
		return fmt.Errorf("%s has identifiers of %d bytes (4 or 8 are known): %w", d.path, d.idSize, ErrNotHeapDump)
	}
	d.written = time.UnixMilli(int64(be64(buf[end+5:])))
	d.firstRecord = int64(end + 13)
	return nil
}

func (d *Dump) scan(ctx context.Context, size int) error {
	s := &scan{d: d, src: d.src, ctx: ctx,
		names: map[uint64]nameRef{}, interned: map[uint64]string{},
		serials: map[uint32]uint64{}, frames: map[uint64]frameRecord{}, traces: map[uint32]traceRecord{},
		blocks: newBlockBuilder(size), watch: map[string]bool{}}
	for _, name := range d.opts.Watch {
		s.watch[name] = true
	}
	if err := s.run(); err != nil {
		return err
	}
	blocks, ok := s.blocks.finish()
	if !ok && size > 1 {
		// Ids do not follow the file: once more, with a block an object.
		*d = Dump{opts: d.opts, path: d.path, src: d.src, idSize: d.idSize, firstRecord: d.firstRecord,
			written: d.written, version: d.version, watched: map[uint32][]uint64{}}
		return d.scan(ctx, 1)
	}
	if !ok {
		blocks = unique(blocks)
	}
	d.blocks, d.byID = blocks, s.byID
	d.makePrimitiveArrays()
	if size == 1 {
		s.learnSorted(blocks)
	}
	d.objects = 0
	if n := len(blocks); n > 0 {
		d.objects = int64(blocks[n-1].start) + int64(blocks[n-1].objects())
	}
	if s.blocks.objects >= maxObjects {
		return fmt.Errorf("it has %d objects, %d can be read: %w", s.blocks.objects, int64(maxObjects), ErrTooLarge)
	}
	d.idBits, d.low, d.high = s.blocks.allBits, s.blocks.low, s.blocks.high
	d.layout = s.evidence.layout(d.idSize, d.idBits, d.high-min(d.low, d.high), d.objects)
	s.link()
	d.histogram = s.histogram()
	d.threads = s.threads()
	return nil
}

func (d *Dump) makePrimitiveArrays() {
	for t := Boolean; t <= Long; t++ {
		d.primArrays[t] = &Class{Name: t.String() + "[]", index: uint32(len(d.classes)) + uint32(t)}
	}
}

// maxObjects leaves room for classes and the few numbers with a meaning of
// their own in 32 bits.
const maxObjects = 1<<32 - 1<<24

// link joins classes to their superclasses and computes what depends on the
// whole chain.
func (s *scan) link() {
	d := s.d
	for _, c := range d.classes {
		if c.Name == "" {
			c.Name = fmt.Sprintf("class@%x", c.ID)
		}
		if i, ok := s.byID.get(c.superID); ok && c.superID != 0 && d.classes[i] != c {
			c.Super = d.classes[i]
		}
	}
	p := packer{layout: d.layout, done: map[*Class]packing{}}
	for i, c := range d.classes {
		c.refs = bodyShape(c, d.idSize)
		c.special = specialOf(c)
		if strings.HasSuffix(c.Name, "[]") {
			continue
		}
		raw := p.pack(c, 0).end
		c.rawBytes = raw
		c.Size = correct(uint32(d.layout.align(uint64(raw))), &s.counts[i], d.layout, s.blocks.size > 1)
		if c.Name == "java.lang.Class" {
			d.classClass = c
		}
	}
}

// bodyShape returns the offsets of the references in an instance's body.
// java.lang.ref.Reference's referent comes first: the graph tells it apart by
// that.
func bodyShape(c *Class, idSize int) (refs []uint32) {
	referent, n := -1, uint32(0)
	for depth := 0; c != nil && depth < maxClassDepth; c, depth = c.Super, depth+1 {
		for _, f := range c.Fields {
			if f.Type == Ref {
				if c.Name == "java.lang.ref.Reference" && f.Name == "referent" {
					referent = len(refs)
				}
				refs = append(refs, n+f.Offset)
			}
		}
		if len(c.Fields) > 0 {
			last := c.Fields[len(c.Fields)-1]
			n += last.Offset + uint32(last.Type.bytes(idSize))
		}
	}
	if referent > 0 {
		refs[0], refs[referent] = refs[referent], refs[0]
	}
	return refs
}

// Damage says in a sentence what was lost, "" where nothing was.
func (d *Dump) Damage() string { return d.damage }

// Path is the path that was opened.
func (d *Dump) Path() string { return d.path }

// Written is the time in the dump's header.
func (d *Dump) Written() time.Time { return d.written }

// IDBytes is the size of an identifier, 4 or 8.
func (d *Dump) IDBytes() int { return d.idSize }

// Layout is what sizes are estimated by.
func (d *Dump) Layout() Layout { return d.layout }

// Objects counts the instances and arrays; classes are not among them.
func (d *Dump) Objects() int64 { return d.objects }

// Classes yields every class, in the order of the dump.
func (d *Dump) Classes() iter.Seq[*Class] { return slices.Values(d.classes) }

// ClassesNamed returns the classes of that name; there are several where
// several loaders have loaded one.
func (d *Dump) ClassesNamed(name string) []*Class {
	var out []*Class
	for _, c := range d.classes {
		if c.Name == name {
			out = append(out, c)
		}
	}
	return out
}

// A Root is a GC root. Thread is the serial of the thread for the kinds that
// belong to one; Frame is the depth of a Java frame in the thread's stack
// trace, innermost 0, or -1 as unsigned where there is none.
type Root struct {
	ID     uint64
	Kind   RootKind
	Thread uint32
	Frame  uint32
}

const noFrame = ^uint32(0)

// Roots yields the GC roots in the order of the dump.
func (d *Dump) Roots() iter.Seq[Root] { return slices.Values(d.roots) }

// Watched returns the ids of the instances of the classes given to
// Options.Watch, grouped by class.
func (d *Dump) Watched() map[*Class][]uint64 {
	out := make(map[*Class][]uint64, len(d.watched))
	for i, ids := range d.watched {
		out[d.classes[i]] = ids
	}
	return out
}

// AddRoot adds a root that the JVM did not write, for objects of which the
// caller knows that they were in use. It has to come before Graph.
func (d *Dump) AddRoot(r Root) { d.roots = append(d.roots, r) }
