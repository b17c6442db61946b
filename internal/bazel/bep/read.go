// SPDX-License-Identifier: Apache-2.0

// Package bep reads build event streams in their JSON form, one event a line
// (--build_event_json_file), Bazel 4.2 to 9.
//
// Sources: B/buildeventstream/proto/build_event_stream.proto and
// src/main/protobuf/failure_details.proto (the names are the JSON mapping of
// proto3: lowerCamelCase, 64-bit integers as strings, default values left
// out), B/metrics/MetricsCollector.java.
//
// A stream holds the whole environment of whoever ran the build (client_env).
// None of it is kept: neither the command
// lines nor what scripts make of the workspace (workspaceStatus) is decoded, and of
// the options only what is named here is.
package bep

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Bounds. Most events are well under a kilobyte; command lines of large rc
// files and named sets reach megabytes.
const (
	maxLine    = 32 << 20
	maxTargets = 500_000
	maxAborts  = 10_000
)

// ErrBinary says that the stream is in the binary form.
var ErrBinary = errors.New("a build event file in the binary form; record it with --build_event_json_file instead of --build_event_binary_file")

// ErrNotBEP says that the content is no build event stream.
var ErrNotBEP = errors.New("not a build event stream in JSON: its first line is not an event")

// Read reads a stream, compressed or not, to its end. Every event before
// damage counts, and Truncated says what is missing; Build is never nil. The
// error is ErrBinary or ErrNotBEP, or that of r or ctx.
func Read(ctx context.Context, r io.Reader) (*Build, error) {
	b := &Build{}
	lines, err := openLines(r)
	if err != nil {
		return b, err
	}
	for {
		if b.Events%256 == 0 && ctx.Err() != nil {
			return b, ctx.Err()
		}
		line, whole, err := lines.next()
		if len(bytes.TrimSpace(line)) > 0 {
			if readErr := b.line(line, whole); readErr != nil {
				return b, readErr
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			if errors.Is(err, io.ErrUnexpectedEOF) || isDamage(err) {
				b.lost("the compressed stream breaks off")
				break
			}
			return b, fmt.Errorf("reading build events after line %d: %w", b.Events, err)
		}
	}
	b.conclude()
	return b, nil
}

func isDamage(err error) bool {
	return errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader) || bytes.HasPrefix([]byte(err.Error()), []byte("flate:"))
}

// line takes one line. The first must be an event; a later one that is none
// is damage, and what comes after it still counts.
func (b *Build) line(line []byte, whole bool) error {
	if !whole {
		b.lost(fmt.Sprintf("an event longer than %d MiB was left out", maxLine>>20))
		b.Events++
		return nil
	}
	id := eventKind(line)
	if id == "" || wanted[id] == nil && !json.Valid(line) {
		if b.Events == 0 {
			return ErrNotBEP
		}
		b.lost(fmt.Sprintf("line %d is incomplete", b.Events+1))
		return nil
	}
	b.Events++
	take := wanted[id]
	if take == nil {
		b.LastMessage = b.LastMessage || bytes.Contains(line, []byte(`"lastMessage":true`))
		return nil
	}
	var e event
	if err := json.Unmarshal(line, &e); err != nil {
		if b.Events == 1 {
			return ErrNotBEP
		}
		b.lost(fmt.Sprintf("line %d is incomplete", b.Events))
		return nil
	}
	b.LastMessage = b.LastMessage || e.LastMessage
	if e.Aborted != nil {
		b.abort(e.Aborted.Reason)
		return nil
	}
	take(b, &e)
	return nil
}

func (b *Build) lost(what string) {
	if b.Truncated == "" {
		b.Truncated = what
	}
}

// conclude says whether the stream ends where it should.
func (b *Build) conclude() {
	switch {
	case b.Events == 0:
		b.lost("the stream is empty: the server died before it wrote an event")
	case !b.LastMessage:
		b.lost("the stream stops before its last message: the server died or was killed")
	}
}

// eventKind is the first key of the line's id, without decoding the line:
// most events are of kinds that nobody reads.
func eventKind(line []byte) string {
	const prefix = `{"id":{"`
	compact := bytes.TrimLeft(line, " \t\ufeff")
	if rest, ok := bytes.CutPrefix(compact, []byte(prefix)); ok {
		if end := bytes.IndexByte(rest, '"'); end > 0 {
			return string(rest[:end])
		}
		return ""
	}
	// Written by something else than Bazel (a proxy, jq): decode it.
	var e struct {
		ID map[string]json.RawMessage `json:"id"`
	}
	if json.Unmarshal(compact, &e) != nil {
		return ""
	}
	for kind := range e.ID {
		return kind
	}
	return ""
}

// lineReader hands out lines of at most maxLine bytes.
type lineReader struct {
	r   *bufio.Reader
	buf []byte
}

func openLines(r io.Reader) (*lineReader, error) {
	buffered := bufio.NewReaderSize(r, 64<<10)
	magic, err := buffered.Peek(3)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("reading build events: %w", err)
	}
	if bytes.HasPrefix(magic, []byte{0x1f, 0x8b}) {
		inflated, err := gzip.NewReader(buffered)
		if err != nil {
			return &lineReader{r: bufio.NewReader(bytes.NewReader(nil))}, nil // a cut header
		}
		buffered = bufio.NewReaderSize(inflated, 64<<10)
		magic, _ = buffered.Peek(3)
	}
	if looksBinary(buffered, magic) {
		return nil, ErrBinary
	}
	return &lineReader{r: buffered}, nil
}

// looksBinary tells the binary form: messages with their length before them,
// the first starting with field 1, the event's id.
func looksBinary(r *bufio.Reader, magic []byte) bool {
	if len(magic) < 3 || magic[0] == '{' {
		return false
	}
	head, _ := r.Peek(12)
	for i, c := range head {
		if c < 0x80 { // the length's last byte
			return i+1 < len(head) && head[i+1] == 0x0a && i+2 < len(head)
		}
	}
	return false
}

// next is the next line without its end; whole is false where it was longer
// than maxLine and is left out. The last line comes with io.EOF.
func (l *lineReader) next() (line []byte, whole bool, err error) {
	l.buf = l.buf[:0]
	whole = true
	for {
		part, err := l.r.ReadSlice('\n')
		if whole && len(l.buf)+len(part) > maxLine {
			whole = false
		}
		if whole {
			l.buf = append(l.buf, part...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		return l.buf, whole, err
	}
}
