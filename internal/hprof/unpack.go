// SPDX-License-Identifier: Apache-2.0

package hprof

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// A dump may lie compressed: the JVM does it itself (HeapDumpGzipLevel and jcmd
// GC.heap_dump -gz=1, from JDK 17 on), people do it to send a dump to others. Or
// it comes through a pipe. Its objects are looked at in any order, which neither
// allows: so it is unpacked, once, into a spool.

// maxMagicBytes is how much of a file tells its format.
const maxMagicBytes = 4

// maxNested bounds formats around each other: a zip of a .hprof.gz.
const maxNested = 3

// maxWindowBytes bounds what a zstd stream may ask to be remembered; the zstd
// program itself refuses more than 128 MiB unless told otherwise.
const maxWindowBytes = 512 << 20

// A format is a way to compress a stream.
type format struct {
	name  string
	magic string
	open  func(io.Reader) (io.ReadCloser, error)
}

var formats = []format{
	{"gzip", "\x1f\x8b", func(r io.Reader) (io.ReadCloser, error) { return gzip.NewReader(r) }},
	{"zstd", "\x28\xb5\x2f\xfd", func(r io.Reader) (io.ReadCloser, error) {
		z, err := zstd.NewReader(r, zstd.WithDecoderMaxWindow(maxWindowBytes), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, err
		}
		return z.IOReadCloser(), nil
	}},
	{"zip", "PK\x03\x04", nil}, // its index lies at its end: see dumpInZip
}

// formatOf tells by its first bytes how something is compressed, nil for not.
func formatOf(head []byte) *format {
	for i := range formats {
		if bytes.HasPrefix(head, []byte(formats[i].magic)) {
			return &formats[i]
		}
	}
	return nil
}

// unpack reads all of a stream, uncompressed, into a spool. file is what it is
// read from, nil for a pipe.
func unpack(ctx context.Context, from io.Reader, file io.ReaderAt, path string, opts OpenOptions) (*dumpFile, error) {
	total := int64(0)
	if sized, ok := from.(*io.SectionReader); ok {
		total = sized.Size()
	}
	read := &counter{from: from}
	var stream io.Reader = bufio.NewReaderSize(read, 1<<20)
	var formats []string
	for range maxNested {
		head, _ := stream.(*bufio.Reader).Peek(maxMagicBytes)
		kind := formatOf(head)
		if kind == nil {
			break
		}
		var inner io.ReadCloser
		var err error
		switch {
		case kind.open != nil:
			inner, err = kind.open(stream)
		case file != nil && len(formats) == 0:
			inner, err = dumpInZip(file, total)
		default:
			err = errors.New("a zip archive can be read only from a file: unpack it (unzip -p) into the pipe")
		}
		if err != nil {
			return nil, fmt.Errorf("%s: unpacking %s: %w", path, kind.name, err)
		}
		defer inner.Close()
		formats = append(formats, kind.name)
		stream = bufio.NewReaderSize(inner, 1<<20)
	}
	s := newSpool(opts.TempDir)
	damage, err := fill(ctx, s, stream, opts, func(done int64) {
		switch {
		case opts.Progress == nil:
		case total > 0:
			opts.Progress(Progress{Stage: "unpacking", Done: min(read.n, total), Total: total})
		default:
			opts.Progress(Progress{Stage: "receiving", Done: done})
		}
	})
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if damage != nil && s.size == 0 {
		s.Close()
		return nil, fmt.Errorf("%s: nothing of it can be unpacked: %w", path, damage)
	}
	unpacked := newSource(s, s.size, path, s.Close)
	if damage != nil {
		what := "the stream"
		if len(formats) > 0 {
			what = "the " + strings.Join(formats, " in ") + " stream"
		}
		unpacked.damage = fmt.Sprintf("%s is damaged after %d unpacked bytes (%v)", what, s.size, damage)
	}
	return unpacked, nil
}

// fill copies the stream to the spool. Damage ends it and is no error: what came
// before is as good as ever.
func fill(ctx context.Context, s *spool, stream io.Reader, opts OpenOptions, progress func(int64)) (damage, err error) {
	limit := opts.MaxInflatedBytes
	if limit <= 0 {
		limit = 256 << 30
	}
	buf := make([]byte, spoolBlock)
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n, rerr := io.ReadFull(stream, buf)
		if s.size == 0 && n > 0 && !bytes.HasPrefix(buf[:n], []byte(magic)) {
			return nil, fmt.Errorf("what it unpacks to does not begin with %q: %w", magic, ErrNotHeapDump)
		}
		if s.size+int64(n) > limit {
			return nil, fmt.Errorf("it unpacks to more than %d bytes; unpack it by hand and give the result", limit)
		}
		if err := s.add(buf[:n]); err != nil {
			return nil, err
		}
		progress(s.size)
		switch {
		case rerr == nil:
			continue
		case rerr == io.EOF || rerr == io.ErrUnexpectedEOF && ended(stream):
			return nil, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		}
		return rerr, nil
	}
}

// ended tells a stream that ended within a read from one that was cut:
// io.ReadFull answers both with ErrUnexpectedEOF.
func ended(r io.Reader) bool {
	var b [1]byte
	_, err := r.Read(b[:])
	return err == io.EOF
}

// dumpInZip opens the one dump in an archive.
func dumpInZip(f io.ReaderAt, size int64) (io.ReadCloser, error) {
	archive, err := zip.NewReader(f, size)
	if err != nil {
		return nil, err
	}
	var dumps, files []*zip.File
	for _, entry := range archive.File {
		if entry.FileInfo().IsDir() {
			continue
		}
		files = append(files, entry)
		if strings.HasSuffix(entry.Name, ".hprof") || strings.Contains(entry.Name, ".hprof.") {
			dumps = append(dumps, entry)
		}
	}
	if len(dumps) == 0 && len(files) == 1 {
		dumps = files
	}
	switch len(dumps) {
	case 0:
		return nil, fmt.Errorf("no heap dump is among its %d files: %w", len(files), ErrNotHeapDump)
	case 1:
		return dumps[0].Open()
	}
	var names []string
	for _, entry := range dumps[:min(len(dumps), 5)] {
		names = append(names, entry.Name)
	}
	return nil, fmt.Errorf("it holds %d heap dumps (%s): unpack the one to read", len(dumps), strings.Join(names, ", "))
}

// A counter counts what is read.
type counter struct {
	from io.Reader
	n    int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.n += int64(n)
	return n, err
}
