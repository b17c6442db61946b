// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"time"

	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/attribution/join"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/weights"
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
	// Older is an earlier crash that was kept, where the last build did not
	// crash; nil where none is known.
	Older *OlderCrash
	// Surer says what would make the answer surer, most useful first.
	Surer []string
	// Decides is what would decide where the evidence does not; "" for nothing
	// that is known. Worth is how often a first suspect is right that is known
	// from as little; nil where that was not measured.
	Decides string
	Worth   *weights.Worth
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
	anchors  *join.Resolutions
}

// An OlderCrash is a crash that a report leaves out, because a build that did not
// crash came after it.
type OlderCrash struct {
	Path  string    // what to give to report to see it
	Ended time.Time // zero if that is not known
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

// Gone is the probability that the calls were those of functions that have been
// deleted from the sources since: they keep theirs.
func (s *Suspect) Gone() float64 {
	if rest := join.Gone(s.Posterior) - s.Unseen; rest > 1e-9 {
		return rest
	}
	return 0
}

// Inferred reports whether the definition was chosen among several of its name,
// and no heap dump names it.
func (s *Suspect) Inferred() bool { return s.Definition != nil && len(s.Posterior) > 0 && !s.ByDump }

// What the join with the sources makes is part of the report as it is.
type (
	// Candidate is one of several functions of a name.
	Candidate = join.Candidate
	// Thread is one Starlark stack, Frame a frame of it.
	Thread = join.Thread
	Frame  = join.Frame
	// HeldLine is a line that holds a good part of the heap of one crash.
	HeldLine = join.HeldLine
	// RuleMemory is what dump --rules tells of one rule or aspect.
	RuleMemory = join.RuleMemory
)

// A Crash is one death of a Bazel server, and who is to blame for it where no
// stack says so.
type Crash struct {
	join.Crash
	// Inferred is the definition that activity, or the dump's holder of the
	// heap, points at where no stack names one; Why says from what.
	Inferred    *Suspect
	InferredWhy string
}
