package hprof

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
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
	pageSlots = 2048 // 32 MiB at most
)

type page struct {
	number int64
	data   []byte
}

type source struct {
	file  *os.File
	size  int64
	slots [pageSlots]atomic.Pointer[page]
	// damage says what was lost while inflating.
	damage string
	// temporary is a file to remove on close, or "".
	temporary string
}

// openSource opens path; a gzip'd dump (jcmd GC.heap_dump -gz=1, or gzip) is
// inflated into a file without a name below tempDir.
func openSource(ctx context.Context, path string, opts Options) (*source, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	if !info.Mode().IsRegular() {
		f.Close()
		return nil, fmt.Errorf("%s is not a regular file; give the path of a .hprof file", path)
	}
	var magic [2]byte
	if _, err := f.ReadAt(magic[:], 0); err == nil && magic == [2]byte{0x1f, 0x8b} {
		defer f.Close()
		return inflate(ctx, f, info.Size(), opts)
	}
	return &source{file: f, size: info.Size()}, nil
}

func inflate(ctx context.Context, f *os.File, size int64, opts Options) (*source, error) {
	z, err := gzip.NewReader(bufio.NewReaderSize(f, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("%s: not a whole gzip header: %w", f.Name(), err)
	}
	out, err := os.CreateTemp(opts.TempDir, "heap-*.hprof")
	if err != nil {
		return nil, fmt.Errorf("inflating %s: %w", f.Name(), err)
	}
	remove := func() { out.Close(); os.Remove(out.Name()) }
	limit := opts.MaxInflatedBytes
	if limit <= 0 {
		limit = 256 << 30
	}
	buf := make([]byte, 1<<20)
	var written int64
	var damage string
	for {
		if err := ctx.Err(); err != nil {
			remove()
			return nil, err
		}
		n, err := io.ReadFull(z, buf)
		if written += int64(n); written > limit {
			remove()
			return nil, fmt.Errorf("%s inflates to more than %d bytes; inflate it by hand and give the result", f.Name(), limit)
		}
		if _, werr := out.Write(buf[:n]); werr != nil {
			remove()
			return nil, fmt.Errorf("inflating %s: %w", f.Name(), werr)
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF && n < len(buf) && gzipEnded(z) {
			break
		}
		if err != nil {
			damage = fmt.Sprintf("the gzip stream is damaged after %d inflated bytes (%v)", written, err)
			break
		}
		if opts.Progress != nil {
			at, _ := f.Seek(0, io.SeekCurrent)
			opts.Progress(Progress{Stage: "inflating", Done: at, Total: size})
		}
	}
	s := &source{file: out, size: written, damage: damage}
	// The name goes at once where the system allows it, so that nothing is
	// left behind whatever happens; elsewhere close removes it.
	if err := os.Remove(out.Name()); err != nil {
		s.temporary = out.Name()
	}
	return s, nil
}

// gzipEnded tells a stream that ended within a read from one that was cut:
// io.ReadFull answers both with ErrUnexpectedEOF.
func gzipEnded(z *gzip.Reader) bool {
	var b [1]byte
	_, err := z.Read(b[:])
	return err == io.EOF
}

func (s *source) close() error {
	err := s.file.Close()
	if s.temporary != "" {
		err = errors.Join(err, os.Remove(s.temporary))
	}
	return err
}

// readAt fills p from off through the page cache.
func (s *source) readAt(p []byte, off int64) error {
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
func (s *source) bytesAt(off int64) ([]byte, error) {
	if off < 0 || off >= s.size {
		return nil, io.ErrUnexpectedEOF
	}
	number := off >> pageShift
	slot := &s.slots[number%pageSlots]
	p := slot.Load()
	if p == nil || p.number != number {
		data := make([]byte, min(pageBytes, s.size-number<<pageShift))
		if n, err := s.file.ReadAt(data, number<<pageShift); n < len(data) {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, fmt.Errorf("reading %s at %d: %w", s.file.Name(), off, err)
		}
		p = &page{number: number, data: data}
		slot.Store(p)
	}
	return p.data[off&(pageBytes-1):], nil
}
