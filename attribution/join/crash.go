// SPDX-License-Identifier: Apache-2.0

package join

import (
	"time"

	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/starlark"
)

// crash ties one death to the sources.
func (j *Joined) crash(c aggregate.ObservedCrash) Crash {
	f, o := c.Facts, c.Observation.Summary
	crash := Crash{
		Path: o.Path, Cause: f.Cause, Message: f.Message, Time: o.Ended, Older: o.Older,
		InvocationID: o.InvocationID,
		Target:       f.Target, Aspect: f.Aspect, HeapDump: f.HeapDump, Java: f.Java, Death: aggregate.DeathOf(&f),
		Log: f.Log, LogLine: f.LogLine,
	}
	if at, ok := console.StampTime(f.Time); ok {
		crash.Time = at
	}
	if dump := c.Observation.UnreadDump; dump != nil {
		crash.UnreadDump = dump.Advice()
	}
	if crash.Target != "" && j.Workspace != nil {
		crash.TargetDefinition = j.Workspace.Target(crash.Target)
	}
	for _, t := range f.Threads {
		thread := Thread{Name: t.Name, Failed: t.Failed, Target: t.Target, Source: t.Source, Statement: t.Statement}
		for _, frame := range t.Frames {
			made := j.frame(frame.StarlarkFrame)
			made.Locals = frame.Locals
			thread.Frames = append(thread.Frames, made)
		}
		crash.Threads = append(crash.Threads, thread)
	}
	return crash
}

// frame maps a printed frame to the sources.
func (j *Joined) frame(f console.StarlarkFrame) Frame {
	made := Frame{Function: f.Function, File: f.File, Line: f.Line, Column: f.Column}
	if observe.IsBuiltin(f.File) {
		return made
	}
	at := j.place(framePlace(f))
	made.Source, made.SourceLine, made.Definition = at.path, at.line, at.definition
	made.Mapped, made.Stale, made.gone = at.how, at.stale, at.gone
	if made.Source == "" {
		made.SourceLine = 0
	}
	return made
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
	// Left are the functions one of which was running, where the stack that was
	// printed begins with its caller (leaving.go).
	Left []*starlark.Definition
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
