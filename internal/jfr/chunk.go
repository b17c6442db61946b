// SPDX-License-Identifier: Apache-2.0

package jfr

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"time"
)

// Magic begins each chunk.
const Magic = "FLR\x00"

// headerSize is that of a chunk's header in bytes.
const headerSize = 68

// What one chunk may need in memory; the JVM begins a new one every 12 MB.
const (
	maxEvent       = 1 << 20 // of those that are asked for
	maxMetadata    = 4 << 20 // a JDK's are 100 KB
	maxCheckpoint  = 64 << 20
	maxCheckpoints = 128 << 20 // in all
)

// A chunkHeader is a chunk's.
type chunkHeader struct {
	size         int64
	startNanos   int64
	lengthNanos  int64
	startTicks   int64
	ticksPerSec  int64
	compact      bool
	unfinished   bool // the JVM had not closed it
	major, minor uint16
}

func parseHeader(b []byte) (chunkHeader, error) {
	if string(b[:4]) != Magic {
		return chunkHeader{}, ErrFormat
	}
	number := func(at int) int64 { return int64(binary.BigEndian.Uint64(b[at:])) }
	h := chunkHeader{major: binary.BigEndian.Uint16(b[4:]), minor: binary.BigEndian.Uint16(b[6:]), size: number(8),
		startNanos: number(32), lengthNanos: number(40), startTicks: number(48), ticksPerSec: number(56),
		unfinished: b[64] != 0, compact: b[67]&1 != 0}
	switch {
	case h.major == 0 || h.major > 2:
		return h, fmt.Errorf("%w that is read here: its version is %d.%d", ErrFormat, h.major, h.minor)
	case h.major == 1:
		return h, fmt.Errorf("%w that is read here: it has the old format of JDK 7 and 8", ErrFormat)
	case h.ticksPerSec <= 0:
		return h, errors.New("its clock has no speed")
	}
	return h, nil
}

// at is the time of a tick.
func (h *chunkHeader) at(ticks int64) time.Time {
	return time.Unix(0, h.startNanos).Add(h.span(ticks - h.startTicks)).UTC()
}

// span is how long so many ticks are.
func (h *chunkHeader) span(ticks int64) time.Duration {
	nanos := float64(ticks) / (float64(h.ticksPerSec) / 1e9) // as the JDK does, to the last bit
	return time.Duration(min(max(nanos, math.MinInt64/2), math.MaxInt64/2))
}

// end is when the chunk ended, as far as it says.
func (h *chunkHeader) end() time.Time {
	return time.Unix(0, h.startNanos).Add(time.Duration(max(h.lengthNanos, 0))).UTC()
}

// The types of events that are part of the format; others are numbered by the
// metadata.
const (
	metadataType   = 0
	checkpointType = 1
)

// events walks through the events of a chunk, each without its size and with
// its type read. A body is handed out for those that are wanted. It ends with
// nil at the chunk's end, and with io.ErrUnexpectedEOF where it is cut.
func (h *chunkHeader) events(ctx context.Context, r *io.SectionReader, wanted func(kind int64) bool, visit func(kind int64, body []byte) error) error {
	in := bufio.NewReaderSize(r, 1<<16)
	var buffer []byte
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		prefix, err := in.Peek(18)
		if len(prefix) == 0 {
			if err == io.EOF {
				return nil
			}
			return err
		}
		c := cursor{b: prefix, compact: h.compact}
		size := c.int()
		sized := len(prefix) - len(c.b)
		kind := c.long()
		if c.err != nil && len(prefix) < 18 {
			return io.ErrUnexpectedEOF
		}
		taken := len(prefix) - len(c.b)
		if c.err != nil || size < int64(taken) || size > min(maxCheckpoint, r.Size()) || sized == 0 {
			return fmt.Errorf("an event has a length of %d bytes", size)
		}
		if !wanted(kind) || size > mostOf(kind) {
			if n, err := in.Discard(int(size)); err != nil || n < int(size) {
				return cut(err)
			}
			continue
		}
		if int64(cap(buffer)) < size {
			buffer = make([]byte, size, size+size/2)
		}
		buffer = buffer[:size]
		if _, err := io.ReadFull(in, buffer); err != nil {
			return cut(err)
		}
		if err := visit(kind, buffer[taken:]); err != nil {
			return err
		}
	}
}

func cut(err error) error {
	if err == io.EOF || err == nil {
		return io.ErrUnexpectedEOF
	}
	return err
}

// mostOf is the length of an event that is read; longer ones are passed over.
func mostOf(kind int64) int64 {
	switch kind {
	case metadataType:
		return maxMetadata
	case checkpointType:
		return maxCheckpoint
	}
	return maxEvent
}
