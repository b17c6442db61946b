package console

// A Cause is why Bazel crashed.
type Cause string

// The causes, as the report's JSON spells them.
const (
	JavaHeapSpace Cause = "java_heap_space"
	GCOverhead    Cause = "gc_overhead"
	ArraySize     Cause = "array_size" // also "Overflow: String length out of range"
	GCThrashing   Cause = "gc_thrashing"
	ServerDied    Cause = "server_died"
	InternalError Cause = "internal_error"
	StackOverflow Cause = "stack_overflow"
	Unknown       Cause = "unknown"
)

// A Log is everything that a console, command.log or java.log says that
// bears on memory and blame, in the order of the text.
type Log struct {
	Crashes        []Crash
	Tracebacks     []Traceback     // ordinary Starlark errors
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
	Lines       int
	// Truncated says what was lost where the log ends inside a crash.
	Truncated string
}

// A Crash is one death of the server, however often it was printed.
type Crash struct {
	Cause   Cause
	Line    int    // of the log, from 1
	Time    string // the CI or Bazel timestamp before the line, as printed
	Message string // the exception's own words
	// Context is what stands in "thrown during Starlark evaluation (…)":
	// a label, or a phase such as LOADING.
	Context string
	// Target is the label out of Context or of the Skyframe node's key;
	// Aspect is "//pkg:file.bzl%name" where the key names one; Node is the
	// key as printed.
	Target, Aspect, Node string
	Starlark             []Frame // innermost first
	Java                 []JavaFrame
	HeapDump             string // the path that Bazel or the JVM announced
	ServerLog            string // "log file: …" of an abrupt death
}

// A Frame is one Starlark frame.
type Frame struct {
	Function string
	File     string // as printed; "<builtin>" for a builtin
	Line     int    // 0 for a builtin
	Column   int    // 0 where the version prints none (5.0 on)
}

// A JavaFrame is one "at class.method(File.java:1)".
type JavaFrame struct {
	Method string // fully qualified
	Source string // "Eval.java:397"
}

// A Traceback is a Starlark error with its stack.
type Traceback struct {
	Line    int // of the log
	Message string
	Frames  []Frame // innermost first
	Target  string
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
