// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"cmp"
	"slices"
	"strings"

	"example.invalid/starlark-memls/internal/bazel/javastack"
	"example.invalid/starlark-memls/internal/hprof"
)

// The JVM writes one dump, for its first OutOfMemoryError, whichever thread that
// strikes: with many small allocations it may be the one that only tells of a
// garbage collection. Before all threads stand still for the dump, others may
// have failed too, and then they are on their way out of Starlark. Two states of
// such a thread are met.
//
// The error has left the function and is in the call around it: the interpreter's
// innermost Java frame is the call itself, no longer the function's body. The
// Starlark frame is still there, and says where the function was; what the body
// held in variables of its own (the list of a comprehension) is let go.
//
// The error has left more functions, or Starlark: the stack is shorter, or empty.
// Frames that were taken off it since the last collection lie about in the dump as
// garbage, or hang on the Java frame that takes them off, and have their function,
// line and variables as before. A call that returned leaves one as well, but with
// its result.

// An Unwinding says how far an error had taken a thread out of Starlark.
type Unwinding string

// The states of a thread; the zero value is one that runs.
const (
	Leaving Unwinding = "leaving" // out of the innermost function
	Left    Unwinding = "left"    // out of all functions: Frames are what was taken off the stack
)

// frameClasses are the classes of Starlark frames that know their thread.
var frameClasses = []string{"net.starlark.java.eval.StarlarkThread$Frame"}

// maxUnwound bounds the garbage frames that are looked at.
const maxUnwound = 1 << 16

// leaving reports whether the interpreter's innermost Java frame is a call
// whose function is no longer under way.
func leaving(frames []hprof.JavaFrame) bool {
	for _, f := range frames {
		switch {
		case javastack.Calls(f.Class, f.Method):
			return true
		case strings.HasPrefix(f.Class, "net.starlark.java."), strings.HasPrefix(f.Class, "com.google.devtools.build.lib.syntax."):
			return false
		}
	}
	return false
}

// takenFrames are the frames that were taken off a stack, by their thread's
// object, without those of calls that returned a result. threads are those that
// have a stack.
func (h *Dump) takenFrames(threads []Thread) map[uint64][]hprof.Object {
	there := map[uint64]bool{}
	for _, t := range threads {
		for _, f := range t.Frames {
			there[f.id] = true
		}
	}
	taken := map[uint64][]hprof.Object{}
	seen := 0
	for class, ids := range h.d.Watched() {
		if !slices.ContainsFunc(frameClasses, class.Is) {
			continue
		}
		for _, id := range ids {
			if seen++; seen > maxUnwound {
				break
			}
			f, ok := h.d.Object(id)
			if !ok || there[id] || h.returned(f) {
				continue
			}
			if thread, ok := f.Ref("thread"); ok {
				taken[thread.ID] = append(taken[thread.ID], f)
			}
		}
	}
	return taken
}

// restore puts back onto a stack what was taken off it: the frame that a Java
// frame of the thread still holds, since it is just being taken off; and, where
// an error is on its way, those that it has left already.
func (h *Dump) restore(t *Thread, taken []hprof.Object, onStack map[uint64]uint32) {
	taken = slices.DeleteFunc(slices.Clone(taken), func(f hprof.Object) bool {
		serial, held := onStack[f.ID]
		return t.Unwinding != Leaving && (!held || serial != t.serial)
	})
	t.Frames = append(h.userFrames(taken), t.Frames...)
}

// leftThreads are the threads whose stacks an error has emptied, by the frames
// that it took off them. onStack and java are the Java threads.
func (h *Dump) leftThreads(taken map[uint64][]hprof.Object, onStack map[uint64]uint32, java map[uint32]hprof.JavaThread) []Thread {
	var out []Thread
	for id, frames := range taken {
		o, ok := h.d.Object(id)
		if !ok || !h.emptied(o) {
			continue
		}
		t := Thread{id: id, Unwinding: Left, Frames: h.userFrames(frames)}
		if len(t.Frames) == 0 {
			continue
		}
		t.outer = t.Frames[len(t.Frames)-1].fn
		h.context(&t, o)
		if serial, running := onStack[id]; running {
			t.serial, t.Name, t.Java = serial, java[serial].Name, java[serial].Frames
		}
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b Thread) int { return cmp.Compare(a.id, b.id) })
	return out
}

// returned reports whether a call has ended with a result.
func (h *Dump) returned(frame hprof.Object) bool {
	result, ok := frame.Ref("result")
	return ok && h.typeOf(result) != "NoneType"
}

func (h *Dump) emptied(thread hprof.Object) bool {
	stack, ok := thread.Ref("callstack")
	if !ok {
		return false
	}
	for f := range elements(h.d, stack, maxStack) {
		if !f.IsZero() {
			return false
		}
	}
	return true
}

// userFrames reads frames that were taken off a stack, one a function. Builtins
// are left out; what they were called for is over.
//
// Who called whom is not known: a collection moves objects in an order of its
// own. They are put as they stand in their files, the last first, with a file's
// own code, which calls the rest, behind them.
func (h *Dump) userFrames(taken []hprof.Object) []CallFrame {
	var frames []CallFrame
	for _, f := range taken {
		frame := h.readFrame(f)
		same := func(other CallFrame) bool { return other.fn == frame.fn }
		if frame.Function.Name == "" || frame.Function.Builtin || slices.ContainsFunc(frames, same) {
			continue
		}
		frames = append(frames, frame)
	}
	slices.SortFunc(frames, func(a, b CallFrame) int {
		if own := a.Function.Name == toplevel; own != (b.Function.Name == toplevel) {
			if own {
				return 1
			}
			return -1
		}
		return cmp.Or(strings.Compare(a.Function.Place.File, b.Function.Place.File), b.Function.Place.Line-a.Function.Place.Line)
	})
	return frames
}

// HeapLimitBytes is the size that the heap could grow to, as far as the dump
// tells: the JVM takes it for the bound of direct memory as well, unless a flag
// says otherwise.
func (h *Dump) HeapLimitBytes() (int64, bool) {
	for _, name := range [...]string{"jdk.internal.misc.VM", "sun.misc.VM"} {
		for _, c := range h.d.ClassesNamed(name) {
			for _, s := range c.Statics {
				if s.Name == "directMemory" && s.Type == hprof.Long && s.Bits > 0 {
					return int64(s.Bits), true
				}
			}
		}
	}
	return 0, false
}

// noteFreed says so where the dump came too late: a heap that overflowed is
// full, and one that is half empty was let go by whoever had filled it. A thread
// that failed in Starlark has its stack and needs no such excuse: it may have
// asked for one very large string.
func (h *Dump) noteFreed(threads []Thread, liveBytes int64) {
	if _, failed := h.FailedThread(); !failed || slices.ContainsFunc(threads, func(t Thread) bool { return t.Failed }) {
		return
	}
	if limit, ok := h.HeapLimitBytes(); ok && liveBytes < limit/2 {
		h.letGo = true
		h.note("only %s of the heap's %s bytes were alive when the dump was written: a thread that failed before had let go what it held, so that the owners do not show who filled the heap, its variables at most", grouped(liveBytes), grouped(limit))
	}
}
