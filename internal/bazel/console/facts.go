package console

import "example.invalid/starlark-memls/internal/bazel/javastack"

// A Cause is why Bazel crashed.
type Cause string

// The causes, as the report's JSON spells them.
const (
	JavaHeapSpace Cause = "java_heap_space"
	GCOverhead    Cause = "gc_overhead"
	ArraySize     Cause = "array_size" // also "Overflow: String length out of range"
	Metaspace     Cause = "metaspace"  // and the compressed class space
	DirectMemory  Cause = "direct_memory"
	NativeMemory  Cause = "native_memory"  // threads, maps
	MachineMemory Cause = "machine_memory" // the machine or the container had no more
	GCThrashing   Cause = "gc_thrashing"
	ServerDied    Cause = "server_died"
	InternalError Cause = "internal_error"
	StackOverflow Cause = "stack_overflow"
	Unknown       Cause = "unknown"
)

// A Log is everything that a console, command.log, jvm.out or java.log says
// that bears on memory and blame, in the order of the text.
type Log struct {
	Crashes        []Crash
	Tracebacks     []Traceback     // ordinary Starlark errors
	Instantiations []Instantiation // `bazel query --output=build`
	Heap           []HeapNote      // what java.log says of full GCs
	// Succeeded: "Build completed successfully" was printed. An OOM can
	// come after it.
	Succeeded bool
	// ElapsedMicros of "INFO: Elapsed time", 0 if absent.
	ElapsedMicros int64
	InvocationID  string
	// FirstError is the first "ERROR:" line that is not part of a crash.
	FirstError string
	// BuildFailed: "FAILED: Build did NOT complete successfully".
	BuildFailed bool
	// Foreign are other programs that ran out of memory.
	Foreign []Foreign
	// Interrupted: "Bazel caught interrupt signal" (Ctrl-C), or a shell says
	// that the client was terminated.
	Interrupted bool
	Lines       int
	// Truncated says what was lost: where the log ends inside a crash, or
	// where a bound of the reader was met. Empty if nothing was.
	Truncated string
}

// A Crash is one death of the server, however often it was printed.
type Crash struct {
	Cause Cause
	// OutOfMemory: Bazel or the JVM said that memory ran out, also where
	// Cause is not one of the known wordings (native threads, no trace).
	OutOfMemory bool
	Line        int    // of the log, from 1
	Time        string // the CI or Bazel timestamp before the line, as printed
	Message     string // the exception's own words
	// Context is what stands in "thrown during Starlark evaluation (…)":
	// a label, or a phase such as LOADING.
	Context string
	// Target is the label out of Context or of the Skyframe node's key;
	// Aspect is "//pkg:file.bzl%name", where the key names one; Node is the
	// key as printed.
	Target, Aspect, Node string
	// Loading is the package that the last progress before the crash shows
	// being loaded ("currently loading: a/b"); LoadingOthers is how many more
	// there were, which Bazel does not name. "" where it shows none.
	Loading       string
	LoadingOthers int
	// Throwables is the chain of causes, outermost first.
	Throwables []Throwable
	Starlark   []Frame // innermost first
	// Java are the frames of the innermost throwable, innermost first, with
	// what "... 23 more" left out put back from the one around it.
	Java      []JavaFrame
	HeapDump  string // the path that Bazel or the JVM announced
	ServerLog string // "log file: …" of an abrupt death
	// ServerGone: "Server terminated abruptly" was printed, after the
	// crash's own words or (Cause ServerDied) instead of them.
	ServerGone bool
	// HandlerFailure is the throwable that hit the crash handler itself.
	HandlerFailure string
	// AfterSuccess: "Build completed successfully" stood before it.
	AfterSuccess bool
}

// A Foreign is a program, not Bazel's server, that ran out of memory: a compiler,
// a worker, a tool of a repository rule.
type Foreign struct {
	Line int    // of the log
	Who  string // "javac", "node"; "" if nothing tells
	Said string // the words that told
	// Action is Bazel's line on the action that failed for it, or "".
	Action string
}

// A Throwable is one link of a chain of causes.
type Throwable struct {
	Class   string // fully qualified
	Message string
}

// A Frame is one Starlark frame.
type Frame struct {
	Function string
	File     string // as printed; "<builtin>" for a builtin
	Line     int    // 0 for a builtin
	Column   int    // in bytes from 1; 0 where the version prints none (5.0 on)
}

// A JavaFrame is one "at class.method(File.java:1)".
type JavaFrame = javastack.Frame

// A Traceback is a Starlark error with its stack.
type Traceback struct {
	Line    int // of the log
	Message string
	Frames  []Frame // innermost first
	Target  string
	// Rule is the target's rule class, Aspect "//pkg:file.bzl%name", where
	// the error says them.
	Rule, Aspect string
}

// An Instantiation is the block `query --output=build` prints for one target.
type Instantiation struct {
	Target            string
	File              string
	Line, Column      int
	Class             string // the rule's name
	GeneratorName     string
	GeneratorFunction string
	GeneratorLocation string
	Instantiated      []Frame // innermost first
	Defined           []Frame // innermost first: where the rule was made
}

// A HeapKind is what a HeapNote tells.
type HeapKind string

// The kinds, by the class that wrote the line into java.log.
const (
	// AfterFullGC is PostGCMemoryUseRecorder's "Memory use after full GC".
	AfterFullGC HeapKind = "after_full_gc"
	// TriggeringGC, IgnoringThrashing and BackUnderThreshold are
	// RetainedHeapLimiter's (4 to 6).
	TriggeringGC       HeapKind = "triggering_gc"
	IgnoringThrashing  HeapKind = "ignoring_thrashing"
	BackUnderThreshold HeapKind = "back_under_threshold"
)

// A HeapNote is one line of java.log on the heap. What it does not say is 0.
type HeapNote struct {
	Kind    HeapKind
	Line    int    // of the log
	Time    string // as printed
	Bytes   int64  // in use after a full GC
	Percent int    // of the tenured space
	Times   int    // "x3": how often thrashing was seen
}
