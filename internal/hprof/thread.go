// SPDX-License-Identifier: Apache-2.0

package hprof

import (
	"cmp"
	"slices"
	"strconv"
)

// A JavaThread is a Java thread of the dump.
type JavaThread struct {
	Serial uint32
	ID     uint64 // of the java.lang.Thread object
	Name   string
	Frames []JavaFrame // innermost first
}

// A JavaFrame is a Java stack frame.
type JavaFrame struct {
	// Class and Method are as Java spells them; File may be empty.
	Class, Method, File string
	// Line is 0 where it is not known: native, compiled, or no debug
	// information.
	Line int
}

// Threads returns the threads by serial. A thread whose stack trace was lost
// has no frames.
func (d *Dump) Threads() []JavaThread { return slices.Clone(d.threads) }

type frameRecord struct {
	method, file uint64
	class        uint32
	line         int32
}

type traceRecord struct {
	thread uint32
	off    int64
	frames uint32
}

// maxFrames bounds the depth of a stack that is kept; HotSpot's default,
// MaxJavaStackTraceDepth, is 1024 for exceptions, and dumps write them whole.
const maxFrames = 1 << 16

func (s *scan) frame(w *walker, length int64) error {
	n := w.idSize
	if length < int64(4*n+8) {
		return damaged(w.offset(), "a stack frame record of %d bytes", length)
	}
	if err := w.need(4*n + 8); err != nil {
		return err
	}
	b := w.buf[w.pos:]
	s.frames[getID(b, n)] = frameRecord{method: getID(b[n:], n), file: getID(b[3*n:], n), class: be32(b[4*n:]), line: int32(be32(b[4*n+4:]))}
	return nil
}

func (s *scan) trace(w *walker, length int64) error {
	if length < 12 {
		return damaged(w.offset(), "a stack trace record of %d bytes", length)
	}
	if err := w.need(12); err != nil {
		return err
	}
	b := w.buf[w.pos:]
	t := traceRecord{thread: be32(b[4:]), frames: be32(b[8:]), off: w.offset() + 12}
	if int64(t.frames)*int64(w.idSize) > length-12 {
		return damaged(w.offset(), "a stack trace of %d frames in a record of %d bytes", t.frames, length)
	}
	s.traces[be32(b)] = t
	return nil
}

// threads joins the thread objects among the roots with their traces. It runs
// last: the names lie in the heap.
func (s *scan) threads() []JavaThread {
	var out []JavaThread
	seen := map[uint32]bool{}
	for _, r := range s.d.roots {
		if r.Kind != RootThreadObject || seen[r.Thread] {
			continue
		}
		seen[r.Thread] = true
		t := JavaThread{Serial: r.Thread, ID: r.ID, Frames: s.stack(r.Frame)}
		if o, ok := s.d.Object(r.ID); ok {
			if name, ok := o.Ref("name"); ok {
				t.Name, _ = name.Text(512)
			}
		}
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b JavaThread) int { return cmp.Compare(a.Serial, b.Serial) })
	return out
}

func (s *scan) stack(serial uint32) []JavaFrame {
	t := s.traces[serial]
	n := min(t.frames, maxFrames)
	if n == 0 {
		return nil
	}
	size := s.d.idSize
	buf := make([]byte, int(n)*size)
	if err := s.src.readAt(buf, t.off); err != nil {
		return nil
	}
	frames := make([]JavaFrame, 0, n)
	for i := range int(n) {
		r, ok := s.frames[getID(buf[i*size:], size)]
		if !ok {
			continue
		}
		f := JavaFrame{Method: s.name(r.method), File: s.name(r.file), Line: max(0, int(r.line))}
		if c, ok := s.byID.get(s.serials[r.class]); ok {
			f.Class = s.d.classes[c].Name
		}
		frames = append(frames, f)
	}
	return frames
}

// Source is "File.java:12" as a Java stack trace has it.
func (f JavaFrame) Source() string {
	if f.File == "" {
		return "Unknown Source"
	}
	if f.Line == 0 {
		return f.File
	}
	return f.File + ":" + strconv.Itoa(f.Line)
}
