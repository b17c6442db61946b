// SPDX-License-Identifier: Apache-2.0

package hprof

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"example.invalid/starlark-memls/internal/input"
)

// A dump is read with pread, never mapped. A mapped file that somebody cuts
// (the JVM is still writing, the disk is full, a cleaner runs) kills the reader
// with SIGBUS, which no Go program survives; its pages count as the reader's
// memory; and it is another thing on Windows. The sequential passes read
// through a window of their own (window.go); what is looked up here and there
// goes through pages, a small direct-mapped cache of immutable blocks: a hit
// costs an atomic load, and an evicted page lives as long as somebody reads it.

const (
	pageShift = 14
	pageBytes = 1 << pageShift
	// Of the pages as much is kept as a part of the file, within bounds: 32 MiB
	// of a small dump would be most of what its reading takes.
	pagesPart             = 64
	leastPages, mostPages = 128, 2048
)

type filePage struct {
	number int64
	data   []byte
}

type dumpFile struct {
	file  io.ReaderAt
	size  int64
	name  string
	close func() error
	slots []atomic.Pointer[filePage]
	// damage says what was lost while unpacking.
	damage string
}

func newSource(file io.ReaderAt, size int64, name string, close func() error) *dumpFile {
	pages := min(max(size/pagesPart/pageBytes, leastPages), mostPages)
	return &dumpFile{file: file, size: size, name: name, close: close, slots: make([]atomic.Pointer[filePage], pages)}
}

// openSource opens a path, "-" for standard input. What can be read only once, or
// lies compressed, goes into a spool first.
func openSource(ctx context.Context, path string, opts OpenOptions) (*dumpFile, error) {
	if path == "-" {
		return openStdin(ctx, opts)
	}
	f, err := input.OpenNamed(ctx, path)
	if errors.Is(err, input.ErrNotRegular) {
		return nil, fmt.Errorf("%w; give the path of a heap dump", err)
	}
	if err != nil {
		return nil, err
	}
	if f.Pipe() {
		defer f.Close()
		return unpack(ctx, f, nil, path, opts)
	}
	return openFile(ctx, f, f.Size(), f.Close, path, opts)
}

// openFile takes a file as it is, if it is not compressed.
func openFile(ctx context.Context, f io.ReaderAt, size int64, close func() error, path string, opts OpenOptions) (*dumpFile, error) {
	head := make([]byte, maxMagicBytes)
	n, _ := f.ReadAt(head, 0)
	if formatOf(head[:n]) == nil {
		return newSource(f, size, path, close), nil
	}
	defer close()
	return unpack(ctx, io.NewSectionReader(f, 0, size), f, path, opts)
}

func openStdin(ctx context.Context, opts OpenOptions) (*dumpFile, error) {
	info, err := os.Stdin.Stat()
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, errors.New("standard input is a folder; give it a heap dump")
	case info.Mode().IsRegular():
		return openFile(ctx, os.Stdin, info.Size(), os.Stdin.Close, "-", opts)
	}
	return unpack(ctx, receive(ctx, os.Stdin), nil, "-", opts)
}

// receive reads standard input. No read of it can be interrupted everywhere: so
// a goroutine of its own does it, which ends with the writer where the context
// does not wait for it.
func receive(ctx context.Context, f *os.File) io.Reader {
	r, w := io.Pipe()
	context.AfterFunc(ctx, func() { r.CloseWithError(context.Cause(ctx)) })
	go func() {
		_, err := io.CopyBuffer(onlyWriter{w}, f, make([]byte, spoolBlock))
		f.Close()
		w.CloseWithError(err)
	}()
	return r
}

// An onlyWriter has no other way to be copied to.
type onlyWriter struct{ io.Writer }

// readAt fills p from off through the page cache.
func (s *dumpFile) readAt(p []byte, off int64) error {
	for len(p) > 0 {
		b, err := s.bytesAt(off)
		if err != nil {
			return err
		}
		n := copy(p, b)
		p, off = p[n:], off+int64(n)
	}
	return nil
}

// bytesAt returns what the page around off holds from off on; at least one
// byte. The caller must not change it.
func (s *dumpFile) bytesAt(off int64) ([]byte, error) {
	if off < 0 || off >= s.size {
		return nil, io.ErrUnexpectedEOF
	}
	number := off >> pageShift
	slot := &s.slots[number%int64(len(s.slots))]
	p := slot.Load()
	if p == nil || p.number != number {
		data := make([]byte, min(pageBytes, s.size-number<<pageShift))
		if n, err := s.file.ReadAt(data, number<<pageShift); n < len(data) {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, fmt.Errorf("reading %s at %d: %w", s.name, off, err)
		}
		p = &filePage{number: number, data: data}
		slot.Store(p)
	}
	return p.data[off&(pageBytes-1):], nil
}
