package bep

import (
	"time"

	"example.invalid/starlark-memls/internal/bazel/failuredetail"
)

// A Build is what one build event stream says of a build. A pointer that is
// nil, a zero time and an empty string are not known.
type Build struct {
	InvocationID string
	Command      string // "build", "test"
	BazelVersion string // "6.0.0"; empty on development builds such as Debian's
	Workspace    string // the workspace's folder
	OutputBase   string
	ServerPID    int
	Start, End   time.Time

	// The options, without values that are environment or credentials (see
	// redact.go). Explicit ones were given on the command line, not in an rc
	// file.
	StartupOptions         []string
	ExplicitStartupOptions []string
	Options                []string
	// MaxHeapBytes is the last -Xmx among the startup options, 0 if none.
	MaxHeapBytes int64
	// Patterns are the target patterns as given.
	Patterns []string

	Targets []Target // configured targets, in the order of the stream
	// Finished: the stream has a buildFinished event that is no abortion.
	Finished bool
	// Exit is how the command ended; nil where the server died first.
	Exit *Exit
	// Aborted are the parts of the build that were given up, with why.
	Aborted []Abort
	// Failure is the build's failure detail, or the first target's.
	Failure *failuredetail.Detail

	Memory   *Memory
	Graph    *Graph
	Packages []PackageLoad
	// WallMicros and CPUMicros are of the build as a whole, 0 if not told.
	WallMicros, CPUMicros int64

	// LastMessage: the stream was closed properly.
	LastMessage bool
	// Truncated says in a sentence what is missing; empty if nothing is.
	Truncated string
	// Events counts the lines read.
	Events int
}

// An Exit is how a command ended.
type Exit struct {
	Code int
	Name string // "SUCCESS", "OOM_ERROR"
}

// An Abort is an event that did not come because the build was given up.
type Abort struct {
	Event       string // "buildFinished", "targetCompleted"
	Label       string // of a target; may be empty
	Reason      string // "OUT_OF_MEMORY", "INTERNAL", "USER_INTERRUPTED"
	Description string
}

// A Target is one configured or completed target.
type Target struct {
	Label string
	// RuleClass is the kind without " rule"; for a file it is Bazel's word
	// ("source file").
	RuleClass string
	// Aspect is "//pkg:file.bzl%name" where the event is an aspect's on it.
	Aspect string
	// Failed: it completed without success.
	Failed bool
}

// Memory is memoryMetrics. Zero means not told: Bazel leaves zeros out.
type Memory struct {
	// UsedHeapPostBuildBytes needs --memory_profile.
	UsedHeapPostBuildBytes int64
	// PeakPostGCHeapBytes is told only where a full GC happened.
	PeakPostGCHeapBytes int64
	Garbage             []Garbage // 5.0 on
}

// Garbage is what was collected of one pool of the heap.
type Garbage struct {
	Pool  string // "G1 Eden Space"
	Bytes int64
}

// Graph is buildGraphMetrics (7.x on): how often each SkyFunction's values
// were evaluated and built. Evaluated minus built is about how often it was
// restarted.
type Graph struct {
	Built, Evaluated, Dirtied, Changed, Cleaned []SkyFunctionCount
	RuleClasses, Aspects                        []ClassCount
}

// A SkyFunctionCount is a number of values of one SkyFunction.
type SkyFunctionCount struct {
	Name  string // "CONFIGURED_TARGET"
	Count int64
}

// A ClassCount is a number of configured targets, and the actions of them.
type ClassCount struct {
	Key     string // "//pkg:file.bzl%name"
	Name    string // the rule class or the aspect
	Count   int64
	Actions int64
}

// A PackageLoad is what loading one package took.
type PackageLoad struct {
	Name           string
	DurationMicros int64
	Targets        int64
	// Steps are Starlark computation steps: a measure of cost that does not
	// depend on the machine.
	Steps int64
}

// RuleClasses are the rule classes of the targets, by label.
func (b *Build) RuleClasses() map[string]string {
	classes := make(map[string]string, len(b.Targets))
	for _, t := range b.Targets {
		if t.RuleClass != "" {
			classes[t.Label] = t.RuleClass
		}
	}
	return classes
}
