// SPDX-License-Identifier: Apache-2.0

package hprof

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/gob"
	"encoding/hex"
	"fmt"
	"io"
	"slices"

	"example.invalid/starlark-memls/internal/input"

	"example.invalid/starlark-memls/internal/filecache"
)

// The index of a dump can be kept between runs, so that the second question
// about it need not read it again. It goes by the file's identity: size, time
// of change, and a hash of its first and last 64 KiB; a dump that was moved
// keeps its index, one that is still being written does not. What is kept holds
// classes, threads and offsets, no contents of objects. A cached index that
// cannot be read, or is of another version of this package, is as good as none.

const (
	cacheVersion = 1
	identityPart = 64 << 10
)

// Identity is a name for a file by its content: what caches go by.
func Identity(path string) (string, error) {
	f, err := input.Open(context.Background(), path) // of a pipe, what is read is gone
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	h := sha256.New()
	fmt.Fprintf(h, "%d %d ", info.Size(), info.ModTime().UnixNano())
	if _, err := io.CopyN(h, f, identityPart); err != nil && err != io.EOF {
		return "", fmt.Errorf("reading %s: %w", path, err)
	}
	if info.Size() > identityPart {
		if _, err := io.Copy(h, io.NewSectionReader(f, info.Size()-identityPart, identityPart)); err != nil {
			return "", fmt.Errorf("reading %s: %w", path, err)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:16]), nil
}

type cachedClass struct {
	ID, SuperID         uint64
	Name                string
	Super               int32 // index, -1 for none
	Fields              []Field
	Statics             []Static
	Size, Raw, LastSize uint32
	Holds               [4]uint64
	Dumped              bool
}

type cachedIndex struct {
	Version         int
	Size            int64
	Watch           []string
	Classes         []cachedClass
	ClassClass      int32
	Blocks          []byte
	Roots           []Root
	Threads         []JavaThread
	Watched         map[uint32][]uint64
	Histogram       []HistogramLine
	Layout          Layout
	Objects         int64
	Bits, Low, High uint64
	Damage          string
}

const blockBytes = 8 + 8 + 4 + 4

// save writes the index; a failure costs nothing but time later, so that it is
// the caller's to ignore.
func (d *Dump) save(path string) error {
	c := cachedIndex{Version: cacheVersion, Size: d.src.size, Watch: d.opts.Watch, ClassClass: -1, Roots: d.roots, Threads: d.threads,
		Watched: d.watched, Histogram: d.histogram, Layout: d.layout, Objects: d.objects, Bits: d.idBits, Low: d.low, High: d.high,
		Damage: d.damage}
	for i, k := range d.classes {
		super := int32(-1)
		if k.Super != nil {
			super = int32(k.Super.index)
		}
		if k == d.classClass {
			c.ClassClass = int32(i)
		}
		c.Classes = append(c.Classes, cachedClass{ID: k.ID, SuperID: k.superID, Name: k.Name, Super: super, Fields: k.Fields, Statics: k.Statics,
			Size: k.Size, Raw: k.rawBytes, LastSize: k.lastBytes, Holds: k.holds, Dumped: k.dumped})
	}
	c.Blocks = make([]byte, 0, len(d.blocks)*blockBytes)
	for _, b := range d.blocks {
		c.Blocks = binary.LittleEndian.AppendUint64(c.Blocks, b.first)
		c.Blocks = binary.LittleEndian.AppendUint64(c.Blocks, b.place)
		c.Blocks = binary.LittleEndian.AppendUint32(c.Blocks, b.span)
		c.Blocks = binary.LittleEndian.AppendUint32(c.Blocks, b.start)
	}
	return filecache.Dumps.Write(path, func(to io.Writer) error {
		w := bufio.NewWriterSize(to, 1<<20)
		return cmp.Or(gob.NewEncoder(w).Encode(c), w.Flush())
	})
}

// load fills d from the cache and reports whether it did.
func (d *Dump) load(path string) bool {
	f, err := input.Open(context.Background(), path)
	if err != nil {
		return false
	}
	defer f.Close()
	var c cachedIndex
	if err := gob.NewDecoder(bufio.NewReaderSize(f, 1<<20)).Decode(&c); err != nil {
		return false
	}
	if c.Version != cacheVersion || c.Size != d.src.size || !slices.Equal(c.Watch, d.opts.Watch) || len(c.Blocks)%blockBytes != 0 {
		return false
	}
	for i, k := range c.Classes {
		d.classes = append(d.classes, &Class{ID: k.ID, superID: k.SuperID, Name: k.Name, Fields: k.Fields, Statics: k.Statics, Size: k.Size,
			rawBytes: k.Raw, lastBytes: k.LastSize, holds: k.Holds, dumped: k.Dumped, index: uint32(i)})
		d.byID.put(k.ID, uint32(i))
	}
	for i, k := range c.Classes {
		if k.Super >= 0 && int(k.Super) < len(d.classes) {
			d.classes[i].Super = d.classes[k.Super]
		}
	}
	for _, k := range d.classes {
		k.refs = bodyShape(k, d.idSize)
		k.special = specialOf(k)
	}
	if c.ClassClass >= 0 && int(c.ClassClass) < len(d.classes) {
		d.classClass = d.classes[c.ClassClass]
	}
	d.makePrimitiveArrays()
	d.blocks = make([]block, 0, len(c.Blocks)/blockBytes)
	for b := c.Blocks; len(b) > 0; b = b[blockBytes:] {
		d.blocks = append(d.blocks, block{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:]), binary.LittleEndian.Uint32(b[16:]), binary.LittleEndian.Uint32(b[20:])})
	}
	d.roots, d.threads, d.histogram, d.layout, d.objects = c.Roots, c.Threads, c.Histogram, c.Layout, c.Objects
	d.idBits, d.low, d.high, d.damage = c.Bits, c.Low, c.High, c.Damage
	d.watched = c.Watched
	if d.watched == nil {
		d.watched = map[uint32][]uint64{}
	}
	filecache.Used(path)
	return true
}
