// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"runtime"

	"go.starlark.net/syntax"

	"example.invalid/starlark-memls/internal/input"
)

// A source is one file of a snapshot, immutable.
type source struct {
	path string // absolute, slash-separated, links resolved
	// rel is its name below the root, by which labels call it; for a file
	// of another repository the name below that one's root.
	rel string
	// repo is the root directory of the repository it belongs to.
	repo string
	// repository is the name of that repository as labels write it, "" for
	// the main one.
	repository string
	kind       fileKind
	stamp      stamp
	sum        *fileSummary
	// sound is the newest summary without a fault, its lines moved to where
	// they are in the current text; nil where sum is sound.
	sound *fileSummary
	// overlay is the open buffer's text, nil for a file on disk.
	overlay []byte
	// problem says why the file was not read, or is nil.
	problem *Problem
}

// empty stands for a file that could not be read.
func emptySummary() *fileSummary {
	return newExtractor(bzlFile, Position{Line: 1, Column: 1}).sum
}

// workers is how many goroutines share the work: one a core.
func workers() int { return runtime.GOMAXPROCS(0) }

// read reads a file of the stated size into buf, which it grows and returns.
func read(path string, size int64, buf []byte) ([]byte, error) {
	f, err := input.Open(context.Background(), path)
	if err != nil {
		return buf, err
	}
	defer f.Close()
	if want := int(size) + 1; cap(buf) < want {
		buf = make([]byte, 0, max(want, 64<<10))
	}
	buf = buf[:0]
	for len(buf) <= maxFileBytes {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := f.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return buf, err
		}
	}
	return buf, nil
}

// readSource reads and summarizes a file on disk. The buffer is for reuse; parsed,
// where it is not nil, gets the tree.
func readSource(f found, buf []byte, parsed func(string, []byte, *syntax.File)) (*source, []byte) {
	src := &source{path: f.path, rel: f.rel, kind: f.kind, stamp: f.stamp}
	if f.size > maxFileBytes {
		p := tooBig(f.path, f.size)
		src.sum, src.problem = emptySummary(), &p
		return src, buf
	}
	buf, err := read(f.path, f.size, buf)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, buf
	case err != nil:
		p := Problem{Path: f.path, Message: "cannot be read: " + bare(err).Error() + "; make the file readable"}
		src.sum, src.problem = emptySummary(), &p
	case len(buf) > maxFileBytes:
		p := tooBig(f.path, int64(len(buf)))
		src.sum, src.problem = emptySummary(), &p
	default:
		var tree *syntax.File
		if src.sum, tree = digest(f.kind, buf); tree != nil && parsed != nil {
			parsed(f.path, buf, tree)
		}
	}
	return src, buf
}
