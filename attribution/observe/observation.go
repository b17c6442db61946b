// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"strings"

	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/internal/bazel/trace"
	"example.invalid/starlark-memls/internal/measurement"
)

// An Observation is one measurement, condensed to what attribution needs. It
// is a pure function of the measurement's files, knows no sources, is small
// (a few hundred bytes a function) and is not changed once made.
type Observation struct {
	Summary Summary
	// Workspace is the folder that was built, where a part tells it.
	Workspace string
	// Warnings are about this measurement's parts: what is blind, damaged or
	// absent, and what was used instead.
	Warnings []Warning
	// NothingSeen: the profile holds no Starlark call and there is no crash, and
	// the warnings say so.
	NothingSeen bool
	// Trace is what the profile shows; nil where none could be read.
	Trace *TraceFacts
	// Recorded is what a flight recording says of allocations as a whole; those
	// of functions stand in Trace. Nil where none could be joined.
	Recorded *RecordedFacts
	// CPU and Allocation are the pprof samples; nil where there are none.
	CPU, Allocation *Samples
	// Heap is all that a heap dump says; what of it is counted stands below and
	// in Crashes. Nil where there is no dump.
	Heap *HeapFacts
	// Retained is what heap dumps say of functions; nil where there is none.
	Retained *Samples
	// UnreadDump is a heap dump that says more than was read of it; nil for
	// none.
	UnreadDump *UnreadDump
	// Fields are what heap dumps say of the fields of instances.
	Fields []FieldFacts
	// Frames are what dumps say of the variables of calls under way, and
	// Waste what they say could be saved.
	Frames []FrameFacts
	Waste  []WasteFacts
	// Crashes are the deaths this measurement tells of: none or one as a
	// rule, several for a console that holds several builds.
	Crashes []CrashFacts
	// Instantiations are how targets came to be (query --output=build).
	Instantiations []console.Instantiation
	// Rules is the table of `bazel dump --rules`.
	Rules []RuleFacts
	// RuleClasses and Aspects are what the build configured, from the build
	// events: rule classes by name, aspects as "//pkg:file.bzl%name".
	RuleClasses, Aspects []string
	// Evaluations count what Skyframe evaluated, by SkyFunction, from the
	// build events (Bazel 7 on; a crash leaves none).
	Evaluations []Evaluations
	// ConfiguredComplete says that every configured target is in the two
	// lists above, so that what they lack was not configured. A crash cuts
	// the build events short, and then the lists exclude nothing.
	ConfiguredComplete bool
}

// Crashed reports whether the measurement tells of a death for want of memory.
func (o *Observation) Crashed() bool {
	return o.Summary.Status.Crashed() || len(o.Crashes) > 0
}

// Passed reports whether the build is a fair baseline: it came to its end.
func (o *Observation) Passed() bool {
	return o.Summary.Status == measurement.OK && len(o.Crashes) == 0
}

// TraceFacts condense a trace profile.
type TraceFacts struct {
	// Functions by name, sorted: a trace does not tell their files.
	Functions []Activity
	// Endings are the threads whose last Starlark call ended within the far
	// window of the last one, latest first.
	Endings []Ending
	// StarlarkCalls counts the calls, SelfMicros their thread time.
	StarlarkCalls int
	SelfMicros    int64
	// FirstMicros and LastMicros span the profile's timed events;
	// LastStarlarkMicros is the end of the Starlark call that ended last;
	// LastWorkMicros the end of the last event that is work of the build
	// (a Starlark call, a package, an action), not its framing.
	// LastGCMicros is the end of the last collection: the server lived until
	// then at least.
	FirstMicros, LastMicros, LastStarlarkMicros, LastWorkMicros, LastGCMicros int64
	// LastPhaseStart is when the build phase under way at the end began.
	LastPhaseStart int64
	// Phases are those in which Starlark ran, by start; StarlarkPhase the
	// one in which the last Starlark call ended.
	Phases        []PhaseFacts
	StarlarkPhase string
	// Packages are the packages whose evaluation was recorded more than
	// once, with how often: Skyframe began them anew.
	Packages map[string]int
	// Repositories are the same of repository rules.
	Repositories map[string]int
	// Restarting are all packages together and those most often evaluated
	// anew, to which Activity.AtRestarts refers.
	Restarting []Restarting
	GC         GCFacts
	// Blind and Damage are the reader's.
	Blind  []trace.Blindness
	Damage string
}

// SilenceMicros is how long the build went on after its last recorded Starlark
// call.
func (t *TraceFacts) SilenceMicros() int64 {
	return max(t.LastWorkMicros, t.LastGCMicros) - t.LastStarlarkMicros
}

// PhaseFacts are one build phase, as far as Starlark ran in it.
type PhaseFacts struct {
	Name string
	// SelfMicros is the Starlark thread time in it.
	SelfMicros int64
	// Collections are those in it that bear on blame, each by its part.
	Collections float64
}

// PhaseTime is a function's own thread time in one phase.
type PhaseTime struct {
	Phase  string
	Micros int64
}

// GCFacts are the garbage collections of a whole profile.
type GCFacts struct {
	trace.GCTotals
	// Utilisation and ThrashingMicros are those of Summary.
	Utilisation     *float64
	ThrashingMicros *int64
	// Dispersion says how much collections cluster in time: the variance of
	// their number per stretch relative to a Poisson process, at least 1.
	Dispersion float64
}

// Activity is what a trace shows of all functions of one name. All times are
// of the recorded calls; by default Bazel records none shorter than 50 ms.
type Activity struct {
	Name  string
	Calls int
	// TotalMicros is the calls' whole time, SelfMicros the time in which no
	// recorded Starlark call that it made was running (builtins are its own).
	TotalMicros, SelfMicros int64
	LastEndMicros           int64
	// LastOnThread counts the threads whose last Starlark call it was;
	// the windows count its calls by how long before the last call's end
	// they ended (strictly less than 0.1 s, 1 s and 10 s).
	LastOnThread                      int
	EndedClose, EndedMedium, EndedFar int
	// ExclusiveMicros is the wall time in which it was running on at least
	// one thread: SelfMicros without counting concurrent calls twice.
	ExclusiveMicros int64
	GC              GCOverlap
	// Phases is SelfMicros by phase.
	Phases []PhaseTime
	// RestEvents and RestMicros are the collections and the time outside its
	// own time, in the phases in which it ran.
	RestEvents, RestMicros float64
	// WriteMicros is the time in recorded calls of the builtin
	// ctx.actions.write that it made itself: what a file action holds until
	// it has run was made there.
	WriteMicros int64
	// Recorded are the bytes that a flight recording saw allocated in its own
	// time.
	Recorded stats.Weighted
	// Callers are those that called it most, at most keptCallers;
	// CalledByOthers counts its calls from any recorded function.
	Callers        []Caller
	CalledByOthers int
	// Targets are labels under whose evaluation it was called outermost
	// (Bazel 8.5 on writes them), at most maxTargets, sorted.
	Targets []string
	// AtRestarts are, for each of TraceFacts.Restarting, the restarts at
	// which it was running; nil where it was not while packages were
	// evaluated.
	AtRestarts []stats.Shifted
	// Kinds are its calls by what was around and inside of them, at most
	// maxKinds, those of most time first.
	Kinds []CallKind
}

// A Caller is a function that made recorded calls of another.
type Caller struct {
	Name  string
	Calls int
}

// GCOverlap is what the garbage collector did during a function's own time.
type GCOverlap struct {
	// Minor and Major count the collections that overlap it.
	Minor, Major int
	// MinorPauseMicros and MajorPauseMicros are the overlapping pause.
	MinorPauseMicros, MajorPauseMicros int64
	// Events is the same as a measure for rates: each collection counts by
	// the part of it that lies in the function's own time.
	Events float64
	// SharedPauseMicros divides each pause among the functions that were
	// running in it, by the length of their overlap.
	SharedPauseMicros float64
	// SharedMajorMicros is the part of it in major collections: the heap was
	// full, and this was running.
	SharedMajorMicros float64
}

// An Ending is how the Starlark of one thread ended.
type Ending struct {
	Thread string // "skyframe-evaluator 3", or "thread 17" where unnamed
	// Chain is the last call and, before it, the calls inside it that ended
	// together with it: innermost first. An exception that unwinds a stack
	// closes all its calls within milliseconds, so this is the stack at the
	// crash as far as its calls were long enough to be recorded.
	Chain []EndedCall
	// BeforeLastMicros is how long before the last Starlark call of any
	// thread this one's last call ended, garbage collections not counted.
	BeforeLastMicros int64
}

// EndMicros is when the thread's last Starlark call ended.
func (e Ending) EndMicros() int64 { return e.Chain[len(e.Chain)-1].EndMicros }

// An EndedCall is one call of an Ending.
type EndedCall struct {
	Name      string
	EndMicros int64
	// SelfMicros is its length without the recorded calls that it made, and
	// without collections.
	SelfMicros int64
	// Package is the package that was being created around the call, where
	// known; for the code of a file it may be the one that loads it, and is
	// the one that it belongs to where InBuild is set.
	Package string
	InBuild bool
	// Caller, Around, and the Callees that were recorded, sorted: see
	// CallKind. The caller is the next of the chain.
	Caller  string
	Around  Surrounding
	Callees []string
	// Builtin is the one that it was in when it ended, where no recorded call
	// was made from there; BuiltinMicros is the part of SelfMicros in it.
	Builtin       string
	BuiltinMicros int64
	// Target is the label for which it was called (Bazel 8.5 on).
	Target string
}

// Samples are values by place: CPU microseconds or bytes.
type Samples struct {
	// Functions is sorted by name and file.
	Functions []SampledFunction
	Total     int64
}

// A SampledFunction is what samples say of one function of one file.
type SampledFunction struct {
	Name, File string // File as Bazel printed it
	// Flat is the value of samples in the function itself and in builtins
	// that it called directly (dump.Amount.Own); Cum also of what else it
	// called. Recursion counts once.
	Flat, Cum int64
	Lines     []SampledLine // by line
}

// A SampledLine is one line's flat value (see SampledFunction.Flat).
type SampledLine struct {
	Line int
	Flat int64
}

// RuleFacts are one row of the table of `bazel dump --rules`.
type RuleFacts struct {
	Name string // the rule class, or the aspect's name
	// Cut: only the end of the name is known.
	Cut, Aspect             bool
	Targets, Actions, Bytes int64
	// HasBytes: the allocation agent ran, so that Bytes is known.
	HasBytes bool
}

// CrashFacts are one death, before any source is known.
type CrashFacts struct {
	Cause   console.Cause
	Message string
	Time    string // as printed before the line; may be empty
	Target  string
	Aspect  string // "//pkg:file.bzl%name"
	Node    string
	// Loading is the package that was shown being loaded just before, with
	// LoadingOthers more.
	Loading       string
	LoadingOthers int
	// LoadingPackages: the display showed packages being loaded.
	LoadingPackages bool
	Context         string
	Threads         []ThreadFacts
	Java            []console.JavaFrame
	HeapDump        string
	// Log and LogLine are where a log tells of it.
	Log     string
	LogLine int
	// AfterSuccess: the build had completed.
	AfterSuccess bool
	// Source says what told of the crash first: "console", "failure_detail",
	// "build_events", "measurement".
	Source string
}

// ThreadFacts are one Starlark stack at a crash.
type ThreadFacts struct {
	Name, Target string
	Aspect       string // "//pkg:file.bzl%name"; only a heap dump tells
	Failed       bool
	Frames       []CrashFrame // innermost first
	Source       string
	Statement    string
}

// CrashFrame are one frame, with the variables that a heap dump knows.
type CrashFrame struct {
	console.StarlarkFrame
	Locals []Local
}

// PrintedFrames are frames of which nothing but the place is known.
func PrintedFrames(frames []console.StarlarkFrame) []CrashFrame {
	made := make([]CrashFrame, 0, len(frames))
	for _, f := range frames {
		made = append(made, CrashFrame{StarlarkFrame: f})
	}
	return made
}

// AspectName is the name in an aspect as Bazel prints it, "//pkg:file.bzl%name".
func AspectName(aspect string) string {
	_, name, _ := strings.Cut(aspect, "%")
	return strings.TrimSpace(name)
}
