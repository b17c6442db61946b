// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"slices"
	"strings"

	"example.invalid/starlark-memls/internal/hprof"
)

// A Starlark thread is an object; the Java thread that runs it has it on its
// stack. The dump's Java frame roots say which: each names an object and the
// serial of a thread. The thread that failed is the one whose Java stack begins
// in the constructor of an OutOfMemoryError (or StackOverflowError), for the
// JVM writes its dump there.
//
// A dump that Bazel itself writes (--heap_dump_on_oom) comes after the failing
// thread has unwound: its Starlark stack is gone, the other threads' are there.

// A threadLayout is one generation of Bazel's stack.
type threadLayout struct {
	class string // of the thread
	name  string // what to call the layout
	stack string // the field with the frames
}

var threadLayouts = []threadLayout{
	{"net.starlark.java.eval.StarlarkThread", "net.starlark", "callstack"},
	{"com.google.devtools.build.lib.syntax.StarlarkThread", "lib.syntax StarlarkThread (1.2 to 3)", "callstack"},
	{"com.google.devtools.build.lib.syntax.Environment", "lib.syntax Environment (to 1.1)", "continuation"},
}

// A Thread is one Starlark evaluation under way.
type Thread struct {
	// Name is the Java thread's, "skyframe-evaluator-3", as in the profile;
	// "" where no Java thread has it on its stack.
	Name string
	// Failed is the thread whose error the dump was made for.
	Failed bool
	// Unwinding says of another that it had failed as well (unwinding.go).
	Unwinding Unwinding
	// Owner is what is being evaluated, as far as the dump tells.
	Owner Key
	// Phase is Bazel's own word for it up to 7: LOADING, ANALYSIS, …
	Phase  string
	Frames []CallFrame       // innermost first
	Java   []hprof.JavaFrame // innermost first

	id     uint64
	serial uint32
	outer  uint64 // the outermost function object
}

// A CallFrame is one Starlark call.
type CallFrame struct {
	Function Function
	// Place is where the last call begun in the frame stands: exact for
	// every frame but the innermost, of which Bazel does not record the
	// statement under way. A builtin has none.
	Place  Place
	Locals []Local

	id, fn uint64
}

// A Local is a variable of a frame. What is not known of it is nil, and absent
// in JSON.
type Local struct {
	Name string `json:"name"`
	Type string `json:"type"`
	// Length is that of a string (in UTF-16 units), list, tuple, dict, or a
	// depset's direct elements; nil for what has none.
	Length       *int64 `json:"length,omitempty"`
	ShallowBytes int64  `json:"shallow_bytes"`
	// RetainedBytes is what would be freed with the value; nil before Analyze,
	// for values that are shared singletons (numbers, None), and for garbage.
	RetainedBytes *int64 `json:"retained_bytes,omitempty"`
	// LetGoBytes is what garbage held: the variable of a function that an error
	// had left when the dump was written (unwinding.go).
	LetGoBytes *int64 `json:"let_go_bytes,omitempty"`
	// Preview is the start of the value, where it was asked for. It may hold
	// secrets.
	Preview string `json:"preview,omitempty"`
	// Comprehension: the variable of one, whose scope ends with it. CapturedBy
	// names the function that has captured the variable.
	Comprehension bool   `json:"comprehension,omitempty"`
	CapturedBy    string `json:"captured_by,omitempty"`
	// ID is the value's identifier in the dump, to ask for its path to a
	// root by; 0 where it is not an object, or names were taken out.
	ID uint64 `json:"id,omitempty"`
}

// Bytes is what it keeps alive, or did until its function was left, where that is
// known, else its own size.
func (l *Local) Bytes() int64 {
	n := l.ShallowBytes
	for _, held := range [...]*int64{l.RetainedBytes, l.LetGoBytes} {
		if held != nil {
			n = max(n, *held)
		}
	}
	return n
}

func (h *Dump) readThreads() []Thread {
	onStack := map[uint64]uint32{}
	for root := range h.d.Roots() {
		if root.Kind == hprof.RootJavaFrame || root.Kind == hprof.RootJNILocal {
			if _, ok := onStack[root.ID]; !ok {
				onStack[root.ID] = root.Thread
			}
		}
	}
	java := h.javaThreads()
	var out []Thread
	found := false
	for class, ids := range h.d.Watched() {
		layout, ok := layoutOf(class)
		if !ok {
			continue
		}
		found = true
		if _, ok := class.Field(layout.stack); !ok {
			h.note("%s has no field %q: this Bazel's Starlark stacks cannot be read (layouts known: 0.29, 2.1, 4.2 and, by stand-ins, 5 to 9)", class.Name, layout.stack)
			continue
		}
		for _, id := range ids {
			o, ok := h.d.Object(id)
			if !ok {
				continue
			}
			serial, running := onStack[id]
			t := Thread{id: id, serial: serial, Frames: h.readStack(o, layout)}
			if len(t.Frames) == 0 {
				continue
			}
			if !running && h.virtual {
				h.d.AddRoot(hprof.Root{Kind: hprof.RootJavaFrame, ID: id})
			}
			if running {
				t.Name, t.Java = java[serial].Name, java[serial].Frames
				if t.Failed = failed(t.Java); !t.Failed && leaving(t.Java) {
					t.Unwinding = Leaving
				}
			}
			t.outer = t.Frames[len(t.Frames)-1].fn
			h.context(&t, o)
			out = append(out, t)
		}
	}
	if !found && len(h.d.ClassesNamed(threadLayouts[0].class)) == 0 {
		h.note("the dump has no class of a Starlark thread: it is not a Bazel server's, or of a version with other names")
	}
	if _, crashed := h.FailedThread(); crashed {
		taken := h.takenFrames(out)
		for i := range out {
			if !out[i].Failed {
				h.restore(&out[i], taken[out[i].id], onStack)
			}
		}
		// Where Starlark itself is what failed, a stack that is empty may be one
		// that ended long ago, unless its Java thread still has it.
		starlark := slices.ContainsFunc(out, func(t Thread) bool { return t.Failed })
		for _, t := range h.leftThreads(taken, onStack, java) {
			if !starlark || t.serial != 0 {
				out = append(out, t)
			}
		}
	}
	h.nameParked(out)
	slices.SortStableFunc(out, func(a, b Thread) int {
		switch {
		case a.blame() != b.blame():
			return a.blame() - b.blame()
		case a.Name != b.Name:
			return strings.Compare(a.Name, b.Name)
		case a.id < b.id:
			return -1
		}
		return 1
	})
	return out
}

func layoutOf(c *hprof.Class) (threadLayout, bool) {
	for _, l := range threadLayouts {
		if c.Is(l.class) {
			return l, true
		}
	}
	return threadLayout{}, false
}

// blame orders threads: the one that failed, those that failed beside it,
// those that run.
func (t Thread) blame() int {
	switch {
	case t.Failed:
		return 0
	case t.Unwinding != "":
		return 1
	}
	return 2
}

// failed reports whether a Java stack is that of a thread that ran out of
// memory: the error's constructor is innermost, or below it what the JVM runs
// to make the error.
func failed(frames []hprof.JavaFrame) bool {
	for _, f := range frames[:min(len(frames), 4)] {
		if (f.Class == "java.lang.OutOfMemoryError" || f.Class == "java.lang.StackOverflowError") && f.Method == "<init>" {
			return true
		}
	}
	return false
}

// FailedThread is the Java thread that ran out of memory, whether it ran
// Starlark or not; ok is false in a dump that was made for another reason.
func (h *Dump) FailedThread() (hprof.JavaThread, bool) {
	for _, t := range h.d.Threads() {
		if failed(t.Frames) {
			return h.javaThreads()[t.Serial], true
		}
	}
	return hprof.JavaThread{}, false
}

// context finds what the thread evaluates: from 8 on its symbol generator's
// owner; before, the context among its thread locals; else the ctx parameter of
// a frame, or the file whose toplevel runs.
func (h *Dump) context(t *Thread, o hprof.Object) {
	if generator, ok := o.Ref("symbolGenerator"); ok {
		if owner, ok := generator.Ref("owner"); ok {
			if k, ok := readKey(owner); ok {
				t.Owner = k
			}
		}
	}
	for _, c := range h.contexts(o) {
		if label := firstLabel(c, "analysisRuleLabel", "ruleLabel", "label"); label != "" && t.Owner.Label == "" {
			t.Owner.Label = label
		}
		if phase, ok := c.Ref("phase"); ok {
			t.Phase = refText(phase, "name")
		}
	}
	if t.Owner.Label == "" {
		t.Owner.Label = firstLabel(o, "callerLabel") // 0.29
	}
	if t.Owner.Label == "" {
		t.Owner.Label = h.localContext(t)
	}
	outer := t.Frames[len(t.Frames)-1]
	if t.Owner.Label == "" && outer.Function.Name == toplevel {
		t.Owner = toplevelKey(outer)
	}
	if t.Owner.Label == "" {
		if p := h.loadedPackage(o); p != "" {
			t.Owner = Key{Kind: Package, Label: p}
		}
	}
	if t.Owner.Kind == "" && t.Owner.Label != "" {
		t.Owner.Kind = ConfiguredTarget
	}
}

// contexts are the objects that may say what a thread is for.
func (h *Dump) contexts(o hprof.Object) []hprof.Object {
	var out []hprof.Object
	if locals, ok := o.Ref("threadLocals"); ok {
		for _, v := range entries(h.d, locals, 16) {
			if !v.IsZero() && strings.HasSuffix(v.Class().Name, "Context") {
				out = append(out, v)
			}
		}
	}
	for _, f := range [...]string{"uncheckedExceptionContext", "context", "starlarkContext"} {
		if c, ok := o.Ref(f); ok {
			out = append(out, c)
		}
	}
	return out
}

// loadedPackage is the package whose BUILD file a thread evaluates: that of the
// builder among its thread locals, or else the one its mutability is called
// after.
func (h *Dump) loadedPackage(o hprof.Object) string {
	for _, c := range h.contexts(o) {
		builder, ok := c.Ref("pkgBuilder")
		if !ok {
			continue
		}
		pkg, _ := builder.Ref("pkg")
		for _, holder := range [...]hprof.Object{pkg, builder} {
			if id, ok := holder.Ref("packageIdentifier"); ok {
				return packageName(id)
			}
		}
	}
	m, _ := o.Ref("mutability")
	annotation, _ := m.Ref("annotation")
	for part := range elements(h.d, annotation, 8) {
		if part.IsZero() {
			continue
		}
		if name := packageName(part); name != "" {
			return name
		}
	}
	return ""
}

// localContext is the label of a ctx among the locals, outermost frame first.
func (h *Dump) localContext(t *Thread) string {
	for i := len(t.Frames) - 1; i >= 0; i-- {
		for _, l := range t.Frames[i].Locals {
			if l.Type == "ctx" {
				if o, ok := h.d.Object(l.ID); ok {
					return h.contextLabel(o)
				}
			}
		}
	}
	return ""
}

// toplevelKey is what a file's own code is evaluated for.
func toplevelKey(f CallFrame) Key {
	base := f.Function.Place.File
	base = base[strings.LastIndexByte(base, '/')+1:]
	if base == "BUILD" || base == "BUILD.bazel" {
		return Key{Kind: Package, Label: f.Function.Module}
	}
	return Key{Kind: BzlLoad, Label: f.Function.Module}
}
