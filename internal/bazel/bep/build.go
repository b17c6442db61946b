// SPDX-License-Identifier: Apache-2.0

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

	// MaxHeapBytes is the last -Xmx among the startup options, 0 if none.
	MaxHeapBytes int64

	Targets []Target // configured targets, in the order of the stream
	// Finished: the stream has a buildFinished event that is no abortion.
	Finished bool
	// Exit is how the command ended; nil where the server died first.
	Exit *Exit
	// Aborted are why parts of the build were given up: "OUT_OF_MEMORY",
	// "INTERNAL", "USER_INTERRUPTED".
	Aborted []string
	// Failure is the build's failure detail, or the first target's.
	Failure *failuredetail.Detail

	Memory *Memory
	Graph  *Graph
	// WallMicros is of the build as a whole, 0 if not told.
	WallMicros int64

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
}

// Graph is buildGraphMetrics (7.x on): how often each SkyFunction's values
// were evaluated and built. Evaluated minus built is about how often it was
// restarted.
type Graph struct {
	Built, Evaluated, Dirtied, Changed, Cleaned []SkyFunctionCount
	RuleClasses, Aspects                        []RuleClass
}

// A SkyFunctionCount is a number of values of one SkyFunction.
type SkyFunctionCount struct {
	Name  string // "CONFIGURED_TARGET"
	Count int64
}

// A RuleClass is a rule class or an aspect of which targets were configured.
type RuleClass struct {
	Key  string // "//pkg:file.bzl%name"
	Name string
}
