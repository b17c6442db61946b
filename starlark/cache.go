// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"

	"example.invalid/starlark-memls/internal/input"

	"example.invalid/starlark-memls/internal/filecache"
)

// The index cache.
//
// One file a workspace, "<CacheDir>/index-<hash of the root>", holds the
// summaries of its files, each under path, size and modification time. On a
// second start a file whose key still fits is not opened. The layout:
//
//	magic and version            16 bytes
//	CRC-32C of all that follows   4 bytes, little-endian
//	root                         string: length, bytes
//	strings                      count, lengths, then their bytes in one run
//	files                        count; each: path (string number), size,
//	                             mtime, length of its record
//	records                      one behind the other (codec.go)
//
// Numbers are varints. Strings are shared by all files and, once read, are
// slices of one string. Records are decoded by whoever needs the file, so on
// all cores. A cache that is damaged, of another version or of another root is
// as good as none; it is written anew through a temporary file and a rename,
// so that two servers never see half of one.

// cacheVersion changes whenever extraction or the layout does.
const cacheVersion = 3

const cacheMagic = "memls-index\x00\x00\x00\x00" // and one byte of version

const (
	// maxCacheBytes bounds one cache file.
	maxCacheBytes = 256 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A cache is the cache file of one workspace, as it was found. A nil cache
// knows nothing and keeps nothing.
type cache struct {
	path, root string
	strings    []string
	entries    map[string]cacheEntry
}

type cacheEntry struct {
	stamp  stamp
	record []byte
}

// openCache reads the cache file of a workspace, if it can.
func openCache(dir, root string) *cache {
	if dir == "" {
		return nil
	}
	c := &cache{path: filepath.Join(dir, filecache.Sources.Prefix+filecache.Key(root)), root: root}
	info, err := os.Stat(c.path)
	if err != nil || info.Size() > maxCacheBytes {
		return c
	}
	data, err := input.ReadFile(context.Background(), c.path, maxCacheBytes)
	if err != nil {
		return c
	}
	if err := c.decode(data); err != nil {
		c.strings, c.entries = nil, nil
	}
	return c
}

var errCache = errors.New("damaged index cache")

// decode reads the tables; records stay as they are.
func (c *cache) decode(data []byte) error {
	header := len(cacheMagic) + 1
	if len(data) < header+4 || string(data[:len(cacheMagic)]) != cacheMagic || data[header-1] != cacheVersion {
		return errCache
	}
	body := data[header+4:]
	if binary.LittleEndian.Uint32(data[header:]) != crc32.Checksum(body, castagnoli) {
		return errCache
	}
	return c.decodeBody(body)
}

func (c *cache) decodeBody(body []byte) error {
	r := &reader{data: body}
	if string(r.bytes(r.count(1))) != c.root {
		return errCache
	}
	c.strings = r.stringTable()
	n := r.count(4)
	c.entries = make(map[string]cacheEntry, n)
	type place struct {
		path   string
		length int
	}
	places := make([]place, 0, n)
	r.strings = c.strings
	for range n {
		p := r.string()
		c.entries[p] = cacheEntry{stamp: stamp{size: int64(r.uint()), mtime: r.int()}}
		places = append(places, place{p, r.count(1)})
	}
	for _, pl := range places {
		e := c.entries[pl.path]
		e.record = r.bytes(pl.length)
		c.entries[pl.path] = e
	}
	if r.bad {
		return errCache
	}
	return nil
}

// get is the summary of a file, if it is still the one that was cached.
func (c *cache) get(f found) *fileSummary {
	if c == nil {
		return nil
	}
	e, ok := c.entries[f.path]
	if !ok || e.stamp != f.stamp {
		return nil
	}
	return decodeSummary(e.record, c.strings)
}

// save writes the summaries of the files, unless the cache holds just those.
// A cache that cannot be written costs time on the next start and nothing
// else, so nobody is told.
func (c *cache) save(ctx context.Context, files []*source) {
	if c == nil || c.holds(files) {
		return
	}
	data := encodeCache(ctx, c.root, files)
	if data == nil || len(data) > maxCacheBytes {
		return
	}
	_ = filecache.Sources.Write(c.path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// cached reports whether a file's summary belongs into the cache: not that of
// a buffer, nor one that a failure to read left empty.
func (s *source) cached() bool {
	return s != nil && s.problem == nil && s.overlay == nil && s.sum != nil
}

// holds reports whether the cache has exactly these files.
func (c *cache) holds(files []*source) bool {
	n := 0
	for _, src := range files {
		if !src.cached() {
			continue
		}
		n++
		if e, ok := c.entries[src.path]; !ok || e.stamp != src.stamp {
			return false
		}
	}
	return n == len(c.entries)
}
