package attribution

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
	facts := HeapFacts{Path: path}
	for i := range s.Threads {
		facts.Threads = append(facts.Threads, dumpedThread(&s.Threads[i]))
	}
	if s.Failed != nil {
		facts.Failed = true
		facts.Java = dumpedJava(s.Failed.Frames)
	}
	if s.Owners != nil {
		facts.Retained = retainedByFunction(s.Owners)
		facts.Fields = retainedByField(s.Owners.View("field"))
	}
	return facts
}

func dumpedThread(t *heap.ThreadSummary) ThreadFacts {
	made := ThreadFacts{Name: t.Name, Target: t.Target, Aspect: t.Aspect, Failed: t.Failed || t.Unwinding != "", Source: "heap_dump",
		Statement: javastack.Statement(dumpedJava(t.Java))}
	for _, f := range t.Frames {
		made.Frames = append(made.Frames, console.Frame{Function: f.Function, File: f.File, Line: f.Line, Column: f.Column})
		var locals []Local
		for _, l := range f.Locals {
			locals = append(locals, dumpedLocal(l))
		}
		made.Locals = append(made.Locals, locals)
	}
	return made
}

func dumpedLocal(l heap.LocalSummary) Local {
	made := Local{Name: l.Name, Type: l.Type, ShallowBytes: l.ShallowBytes, Preview: l.Preview}
	if l.Length != nil {
		made.Length = *l.Length
	}
	if l.RetainedBytes != nil {
		made.RetainedBytes = *l.RetainedBytes
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
		s.Count++
	}
	slices.SortStableFunc(s.Functions, func(a, b SampledFunction) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.File, b.File))
	})
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
		if r.Made == nil || r.Made.Line <= 0 || isBuiltin(r.Made.File) {
			continue
		}
		fields = append(fields, FieldFacts{Provider: r.Provider, Field: r.Field, File: r.Made.File, Line: r.Made.Line,
			Bytes: r.RetainedBytes, Instances: r.Nodes})
	}
	return fields
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
