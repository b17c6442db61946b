// SPDX-License-Identifier: Apache-2.0

package dump

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
)

// maxPprofBytes bounds a pprof file's inflated size. A Starlark CPU profile
// of an hour on 8 threads is some 3 million samples of about 30 bytes. Reading
// one takes as much memory and half as much again, whatever is in it.
const maxPprofBytes = 128 << 20

// A ProfileKind is what a pprof file measures.
type ProfileKind string

// The kinds, by the name of the sample type that Bazel writes.
const (
	// Allocation is the memory of live objects by where they were allocated,
	// in bytes. One sample is one live object that was sampled.
	Allocation ProfileKind = "memory"
	// CPU is time by where it was spent, in microseconds. One sample is one
	// tick of 10 ms.
	CPU ProfileKind = "CPU"
)

// A Profile is one pprof file, folded by function and line.
type Profile struct {
	Kind ProfileKind
	// Total is the sum of all samples: bytes or microseconds.
	Total   int64
	Samples int
	// Functions are ordered by flat value, the highest first. Builtins are
	// apart, for no line of the workspace is theirs: their value is in their
	// callers' cumulative value.
	Functions []FunctionProfile
	Builtins  []FunctionProfile
	// DurationMicros is how long the recording was, 0 if not told.
	DurationMicros int64
	// NotFlushed: Bazel made the file and died before it wrote to it (0
	// bytes, or a gzip header alone). Evidence of a crash, not an error.
	NotFlushed bool
	// Note says in a sentence what the numbers cannot tell (no samples, cut,
	// charged late); empty if there is nothing to say.
	Note string
}

// A FunctionProfile is what a profile says of one function of one file.
type FunctionProfile struct {
	Name string
	File string // as recorded: absolute, or "<builtin>"
	// StartLine is the function's own line, 0 where the file tells none
	// (allocation profiles).
	StartLine int
	Amount
	Lines []LineSample // ordered by line
}

// A LineSample is what a profile says of one line. It is the line of the last call
// begun in the function, not of the allocation or the tick: Bazel moves a
// frame's line at calls only. Lines of callers are exact.
type LineSample struct {
	Number int
	Amount
}

// An Amount is a sampled amount, in the profile's unit.
type Amount struct {
	// Flat is what was taken in the function or line itself; Cumulative
	// includes what it called, a recursive one counted once a sample.
	Flat, Cumulative int64
	// Own is Flat and what builtins took that it called itself: the write or
	// join that a line of the function says. Bazel's functions seldom take
	// anything flat, because all their work is done by builtins.
	Own int64
}

// ReadPprof reads one of Bazel's two pprof files, compressed or not. A file
// that was cut gives the samples before the cut, and Note says so; an empty
// one gives NotFlushed. The error is one line and means that the content is no
// pprof file of Bazel's, or is that of r or ctx.
func ReadPprof(ctx context.Context, r io.Reader) (*Profile, error) {
	data, cut, err := inflate(r)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(data) == 0 {
		return &Profile{NotFlushed: true, Note: "nothing was written: the server died before it got to it"}, nil
	}
	if kind, ok := IsPprofTop(data[:min(len(data), 16<<10)]); ok {
		return readTop(ctx, data, kind)
	}
	raw, whole, err := readTables(data)
	if err != nil {
		return nil, fmt.Errorf("reading pprof file: %w", err)
	}
	p, err := fold(ctx, raw)
	if err != nil {
		return nil, err
	}
	p.Note = note(p, cut || !whole)
	return p, nil
}

// inflate reads at most maxPprofBytes. A gzip stream that breaks off gives
// what came before; one that is damaged in its first block gives the error.
func inflate(r io.Reader) (data []byte, cut bool, err error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxPprofBytes+1))
	if err != nil {
		return nil, false, fmt.Errorf("reading pprof file: %w", err)
	}
	if bytes.HasPrefix(raw, []byte{0x1f, 0x8b}) {
		unzipped, err := gzip.NewReader(bytes.NewReader(raw))
		if err != nil {
			return nil, true, nil // the header itself is cut
		}
		data, err = io.ReadAll(io.LimitReader(unzipped, maxPprofBytes+1))
		if err != nil {
			if len(data) == 0 && !errors.Is(err, io.ErrUnexpectedEOF) {
				return nil, true, fmt.Errorf("reading pprof file: %w", err)
			}
			cut = true
		}
	} else {
		data = raw
	}
	if len(data) > maxPprofBytes {
		return nil, false, fmt.Errorf("reading pprof file: larger than %d MiB when unpacked", maxPprofBytes>>20)
	}
	return data, cut, nil
}

// note says what the reader of the numbers must know.
func note(p *Profile, cut bool) string {
	switch {
	case p.Samples == 0 && p.Kind == Allocation:
		return "no samples: the allocation agent saw nothing (it must understand the JDK that runs Bazel, and string concatenation is invisible to it)"
	case p.Samples == 0:
		return "no samples: no Starlark ran for as long as a tick of 10 ms"
	case cut:
		return "cut: samples at the end are missing"
	}
	return ""
}
