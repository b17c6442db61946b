// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"cmp"
	"slices"
	"strings"

	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/bazel/javastack"
)

// heapFacts takes from a dump's summary what bears on blame. path names the
// dump in the report.
func heapFacts(s *heap.Summary, path string) HeapFacts {
	facts := HeapFacts{Path: path, Mark: NewDumpMark(path, s.Written, s.Objects)}
	for i := range s.Threads {
		facts.Threads = append(facts.Threads, dumpedThread(&s.Threads[i]))
	}
	if s.Failed != nil {
		facts.Failed = true
		facts.Java = dumpedJava(s.Failed.Frames)
	}
	// A heap that was let go before it was dumped does not show who filled it.
	if s.Owners != nil && !s.LetGo {
		facts.Retained = retainedByFunction(s.Owners)
		facts.Fields = retainedByField(s.Owners.View("field"))
		facts.Frames = retainedByFrame(s)
		facts.Waste = waste(s.Findings)
	}
	return facts
}

func dumpedThread(t *heap.ThreadSummary) ThreadFacts {
	made := ThreadFacts{Name: t.Name, Target: t.Target, Aspect: t.Aspect, Failed: t.Failed || t.Unwinding != "", Source: "heap_dump",
		Statement: javastack.Statement(dumpedJava(t.Java))}
	for _, f := range t.Frames {
		made.Frames = append(made.Frames, CrashFrame{console.StarlarkFrame{Function: f.Function, File: f.File, Line: f.Line, Column: f.Column}, f.Locals})
	}
	return made
}

func dumpedJava(frames []heap.JavaFrameSummary) []console.JavaFrame {
	var all []console.JavaFrame
	for _, f := range frames {
		all = append(all, console.JavaFrame{Method: f.Method, Source: f.Source})
	}
	return all
}

// retainedByFunction is what the implementing functions hold. A .bzl file's
// own code has no place in the dump but its file's label.
func retainedByFunction(o *heap.Owners) *Samples {
	s := &Samples{Total: o.LiveBytes}
	for _, r := range o.View("function").Rows {
		f := r.Function
		if f == nil || f.Name == "" || f.Builtin {
			continue
		}
		file := cmp.Or(f.Place.File, fileOfLabel(f.Module))
		if file == "" {
			continue
		}
		s.Functions = append(s.Functions, SampledFunction{
			Name: f.Name, File: file, Flat: r.RetainedBytes, Cum: r.RetainedBytes,
			Lines: []SampledLine{{Line: f.Place.Line, Flat: r.RetainedBytes}},
		})
	}
	sortSampled(s.Functions)
	return s
}

// fileOfLabel is the path of a .bzl file of the main repository by its label,
// "" for any other.
func fileOfLabel(label string) string {
	rest, ok := strings.CutPrefix(strings.TrimLeft(label, "@"), "//")
	pkg, name, found := strings.Cut(rest, ":")
	switch {
	case !ok || !found:
		return ""
	case pkg == "":
		return name
	}
	return pkg + "/" + name
}

// retainedByField is what the fields of instances hold, by the place where
// the instances were made.
func retainedByField(v heap.View) []FieldFacts {
	var fields []FieldFacts
	for _, r := range v.Rows {
		if r.Made == nil || r.Made.Line <= 0 || IsBuiltin(r.Made.File) {
			continue
		}
		fields = append(fields, FieldFacts{Provider: r.Provider, Field: r.Field, File: r.Made.File, Line: r.Made.Line,
			Bytes: r.RetainedBytes, Instances: r.Nodes, Growth: r.Growth})
	}
	return fields
}

// retainedByFrame is what hangs on variables of calls under way, the largest
// first.
func retainedByFrame(s *heap.Summary) []FrameFacts {
	var frames []FrameFacts
	for _, r := range s.Owners.View("function").Rows {
		fn := r.Function
		if fn == nil || fn.Builtin {
			continue
		}
		for _, f := range r.Frames {
			made := FrameFacts{Function: fn.Name, Defined: cmp.Or(fn.Place.File, fileOfLabel(fn.Module)), DefinedLine: fn.Place.Line, Bytes: f.RetainedBytes, Calls: f.Calls}
			if f.RetainedBytes*100 < s.Owners.LiveBytes || made.Defined == "" {
				continue
			}
			if f.Caller != nil {
				made.Caller = f.Caller.Name
			}
			if f.Entry != nil {
				made.Entry = f.Entry.Name
			}
			made.findVariable(s.Threads)
			frames = append(frames, made)
		}
	}
	slices.SortStableFunc(frames, func(a, b FrameFacts) int { return cmp.Compare(b.Bytes, a.Bytes) })
	return frames
}

// findVariable takes the heaviest variable of the function's calls, if it holds
// most of what they do.
func (f *FrameFacts) findVariable(threads []heap.ThreadSummary) {
	most := int64(-1)
	for _, t := range threads {
		for _, frame := range t.Frames {
			if frame.Function != f.Function || frame.Defined == nil || frame.Defined.File != f.Defined || frame.Defined.Line != f.DefinedLine {
				continue
			}
			if f.Line == 0 {
				f.File, f.Line = frame.File, frame.Line
			}
			for _, l := range frame.Locals {
				if l.RetainedBytes != nil && *l.RetainedBytes > most && l.Type != "ctx" {
					most = *l.RetainedBytes
					f.File, f.Line, f.Variable = frame.File, frame.Line, l.Name
				}
			}
		}
	}
	if 4*most < f.Bytes/max(1, f.Calls) {
		f.Variable = ""
	}
}

func waste(findings []heap.FindingSummary) []WasteFacts {
	var all []WasteFacts
	for _, f := range findings {
		made := WasteFacts{Message: f.Message, Advice: f.Advice, Bytes: f.Bytes, Saves: f.Saves, Targets: f.Targets}
		if f.Saves == 0 {
			continue
		}
		if name, ok := strings.CutPrefix(f.Field, "field "); ok {
			made.Field, _, _ = strings.Cut(name, " made at ")
		}
		if fn := f.Function; fn != nil && !fn.Builtin {
			made.Function, made.Defined, made.DefinedLine = fn.Name, cmp.Or(fn.Place.File, fileOfLabel(fn.Module)), fn.Place.Line
		}
		if f.Made != nil {
			made.File, made.Line = f.Made.File, f.Made.Line
		}
		all = append(all, made)
	}
	return all
}

// failedStarlark reports whether a Starlark stack of the dump failed.
func (h *HeapFacts) failedStarlark() bool {
	return slices.ContainsFunc(h.Threads, func(t ThreadFacts) bool { return t.Failed && len(t.Frames) > 0 })
}

// telling orders dumps of one crash by how much they tell of it.
func (h *HeapFacts) telling() (n int) {
	for i, yes := range []bool{h.Retained != nil, h.Failed, h.failedStarlark()} {
		if yes {
			n |= 1 << i
		}
	}
	return n
}
