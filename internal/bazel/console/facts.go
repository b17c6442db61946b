// SPDX-License-Identifier: Apache-2.0

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
	Crashes        []PrintedCrash
	Instantiations []Instantiation // `bazel query --output=build`
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

// A PrintedCrash is one death of the server, however often it was printed.
type PrintedCrash struct {
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
	// LoadingPackages: the UI showed packages being loaded, and nothing later.
	LoadingPackages bool
	// Throwables is the chain of causes, outermost first.
	Throwables []Throwable
	Starlark   []StarlarkFrame // innermost first
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

// A StarlarkFrame is one Starlark frame.
type StarlarkFrame struct {
	Function string
	File     string // as printed; "<builtin>" for a builtin
	Line     int    // 0 for a builtin
	Column   int    // in bytes from 1; 0 where the version prints none (5.0 on)
}

// A JavaFrame is one "at class.method(File.java:1)".
type JavaFrame = javastack.Frame

// An Instantiation is the block `query --output=build` prints for one target.
type Instantiation struct {
	Target       string
	File         string
	Class        string          // the rule's name
	Instantiated []StarlarkFrame // innermost first
	Defined      []StarlarkFrame // innermost first: where the rule was made
}
