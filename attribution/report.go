package attribution

import (
	"time"

	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/starlark"
)

// A Report is everything concluded from a set of measurements and a
// workspace. It is immutable: the editor, the command line and the plots all
// draw from one.
type Report struct {
	Measurements []observe.Summary
	Suspects     []Suspect // by rank
	Crashes      []Crash   // newest first
	// Held are the lines that hold the heap of the newest dump, those that hold
	// most first.
	Held []HeldLine
	// Warnings are about data that is blind or damaged, once each.
	Warnings []observe.Warning
	// Surer says what would make the answer surer, most useful first.
	Surer []string
	// Rules are what dump --rules tells of rules and aspects, the heaviest
	// first.
	Rules []RuleMemory
	// Restarted are the packages that profiles show evaluated more than
	// once in one build, the most restarted first.
	Restarted []aggregate.RestartedPackage
	// Refetched are the repositories whose rule ran more than once in one
	// build.
	Refetched []aggregate.RestartedRepository
	// Reevaluated are the SkyFunctions whose values were evaluated more often
	// than built, those that were so most, or most at low limits, first.
	Reevaluated []aggregate.ReevaluatedValues
	// Concurrent are the functions that were running when packages were
	// evaluated anew more often than chance explains, the surest first.
	Concurrent []aggregate.ConcurrentRestart
	// Workspace is the snapshot the report was concluded against, or nil.
	Workspace *starlark.Workspace

	// body and anchors are what Rebase repeats the join from.
	observed *aggregate.Statistics
	anchors  *anchors
}

// A Suspect is a definition with the weight of the evidence against it. Where
// the evidence names a function but not its file and several definitions
// remain, Definition is nil and Candidates holds them all.
type Suspect struct {
	Rank       int
	Name       string
	Definition *starlark.Definition
	Candidates []*starlark.Definition
	// Posterior says how probable it is of each function of a bare name that
	// the calls were its, most probable first; empty where there is no choice
	// or no way to weigh it. With it, Definition is inferred.
	Posterior []Candidate
	// Unseen is the probability that the calls were those of a function whose
	// source is not here; the others of Posterior and it add up to 1.
	Unseen float64
	// PrintedFile is the file as Bazel printed it, for a function whose
	// source is not in the workspace.
	PrintedFile string
	Score       float64 // 0 to 1
	Verdict     Verdict // how far the evidence goes
	Evidence    Evidence
	Lines       []LineEvidence // by line
	Reasons     []string       // plain words with numbers, weightiest first
	Weights     []float64      // of Reasons, each 0 to 1
	Blind       []string       // what this evidence cannot see
	// Stale: the source was edited since the measurement.
	Stale bool
	// ByDump: a heap dump names the definition, enough by itself.
	ByDump bool
}

// LineEvidence is what is known of one line of a function.
type LineEvidence struct {
	Line           int
	CrashFrames    int
	AllocatedBytes int64
	CPUMicros      int64
	Locals         []observe.Local // of the newest crash that has a frame here
}

// A Crash is one death of a Bazel server.
type Crash struct {
	Path    string // the measurement's
	Cause   console.Cause
	Message string
	Time    time.Time // zero: not known
	Older   bool      // not the state of the last build
	// InvocationID ties the crash to one invocation of Bazel, where known.
	InvocationID string
	// Target is the label under analysis; TargetDefinition its call.
	Target           string
	TargetDefinition *starlark.Definition
	Aspect           string // "//pkg:file.bzl%name", where known
	Threads          []Thread
	// Inferred is the definition that activity, or the dump's holder of the
	// heap, points at where no stack names one; Why says from what.
	Inferred    *Suspect
	InferredWhy string
	// HeapDump is the path that Bazel or the JVM named when it crashed.
	HeapDump string
	// UnreadDump says where a heap dump of the crash lies that says more than
	// was read of it, and how to have it read; "" for none.
	UnreadDump string
	Java       []console.JavaFrame
	// Instantiated is how the target came to be, innermost first, where a
	// query --output=build is among the measurements.
	Instantiated []Frame
	// Log and LogLine are where a log tells of it; "" and 0 where none does.
	Log     string
	LogLine int
	// Death says which memory was short and what Bazel was doing.
	Death aggregate.Death
}

// A Thread is one Starlark stack.
type Thread struct {
	Name   string // the Java thread's, "skyframe-evaluator-3"; may be empty
	Failed bool
	// Target is the label, package or .bzl under evaluation on the thread.
	Target string
	Frames []Frame // innermost first
	// Source says where the stack was read: "console", "failure_detail", "heap_dump".
	Source string
	// Statement names, from the Java frames, what kind of statement was
	// under way in the innermost Starlark frame, or is empty.
	Statement string
}

// A Frame is one Starlark frame of a crash.
type Frame struct {
	Function string
	File     string // as printed; "<builtin>" for a builtin
	Line     int    // as recorded
	Column   int
	// Source is File mapped to the workspace (absolute), or "". SourceLine
	// is Line moved with the function where the source was edited since.
	Source     string
	SourceLine int
	Definition *starlark.Definition
	// Mapped says how File was matched where it was not direct ("longest
	// path suffix"), or is empty.
	Mapped string
	Stale  bool
	Locals []observe.Local
	gone   bool // the function was in the sources and is no more
}
