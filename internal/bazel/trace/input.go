// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
)

// An input is the inflated text of a profile, whatever it was packed in.
type input struct {
	ctx    context.Context
	source *countedReader
	text   io.Reader
	gunzip *gunzip // nil for a plain file
	// outer is the stream around gunzip's, where the profile was packed twice:
	// Bazel's gzip within that of a CI system's artefacts.
	outer *gunzip
}

// headBytes is how much of a file is looked at to tell its format.
const headBytes = 512

// openInput finds out what r is and starts inflating it if need be. close
// must be called.
func openInput(ctx context.Context, r io.Reader) (*input, error) {
	in := &input{ctx: ctx, source: newSource(r)}
	raw := bufio.NewReaderSize(in.source, 64<<10)
	head, _ := raw.Peek(headBytes)
	switch {
	case isOldBinary(head):
		return nil, &FormatError{Found: "Bazel's binary profile, as written before JSON", Advice: adviceOld}
	case len(head) >= 1 && head[0] == 0x1f && (len(head) == 1 || head[1] == 0x8b):
		in.gunzip = startGunzip(ctx, raw, in.source)
		if bytes.HasPrefix(in.gunzip.head(), []byte{0x1f, 0x8b}) {
			in.outer = in.gunzip
			inner := newSource(in.outer)
			in.gunzip = startGunzip(ctx, bufio.NewReaderSize(inner, 64<<10), inner)
		}
		in.text = in.gunzip
	default:
		in.text = raw
	}
	return in, nil
}

// close ends the inflating and waits for it. It may be called twice.
func (in *input) close() {
	if in.outer != nil { // first, as the inner one waits for it
		in.outer.cancel()
	}
	if in.gunzip != nil {
		in.gunzip.stop()
	}
	if in.outer != nil {
		in.outer.stop()
	}
}

// packing says in what state the gzip stream was left; nil for a plain file
// and for a stream that ended as it should.
func (in *input) packing() error {
	if in.gunzip == nil {
		return nil
	}
	if in.outer != nil && in.gunzip.damage == nil {
		return in.outer.damage
	}
	return in.gunzip.damage
}

// A countedReader counts the bytes of the caller's reader and keeps its error apart
// from those of the layers above, which are damage and not errors.
type countedReader struct {
	r     io.Reader
	n     int64
	err   error // never io.EOF
	seek  io.Seeker
	start int64 // where r stood at first, if it can seek
}

func newSource(r io.Reader) *countedReader {
	s := &countedReader{r: r}
	if seeker, can := r.(io.Seeker); can {
		// A pipe is an *os.File as well and fails here.
		if start, err := seeker.Seek(0, io.SeekCurrent); err == nil {
			s.seek, s.start = seeker, start
		}
	}
	return s
}

// rewind has the source read from its beginning again, if it can.
func (s *countedReader) rewind() bool {
	if s.seek == nil {
		return false
	}
	_, err := s.seek.Seek(s.start, io.SeekStart)
	return err == nil
}

// endsLikeGzip reports whether a gzip file that can seek may be whole: its last
// four bytes are then the length of what is packed (RFC 1952, modulo 2^32),
// which is the file's own or up to 64 times as much. The bytes at which a file is cut
// look like that once in 2^32/64 times its length.
func (s *countedReader) endsLikeGzip() bool {
	here, err := s.seek.Seek(0, io.SeekCurrent)
	if err != nil {
		return false
	}
	defer s.seek.Seek(here, io.SeekStart) //nolint:errcheck // it was there a moment ago
	end, err := s.seek.Seek(-4, io.SeekEnd)
	if err != nil {
		return false
	}
	var last [4]byte
	if _, err := io.ReadFull(s.r, last[:]); err != nil {
		return false
	}
	packed, whole := end+4-s.start, int64(binary.LittleEndian.Uint32(last[:]))
	return packed >= 1<<26 || packed/2 <= whole && whole <= 64*packed
}

func (s *countedReader) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.n += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}
