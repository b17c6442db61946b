// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strings"

	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/bazel/javastack"
	"example.invalid/starlark-memls/internal/quantity"
)

// holderPart is the least share of the live heap for which a holder is named
// as the answer.
const holderPart = 0.1

// HeapAnswer is a heap dump in a sentence: the line or the function that holds
// most; where that is not known, who was running.
func HeapAnswer(s *heap.Summary, o Options) string {
	switch {
	case s.LetGo:
		return strings.TrimSpace("What had filled the heap was already freed when the dump was written. " + o.wasRunning(s))
	case s.Owners == nil:
		if running := o.wasRunning(s); running != "" {
			return running
		}
		return "No thread was running Starlark."
	}
	live := s.Owners.LiveBytes
	best := largestHolder(s.Owners)
	if best == nil {
		return fmt.Sprintf("No Starlark code holds any of the %s live heap by itself.", quantity.Bytes(live)) + nobodys(s.Owners)
	}
	held := fmt.Sprintf("%s of the %s live heap (%s)", quantity.Bytes(best.RetainedBytes), quantity.Bytes(live), part(best.RetainedBytes, live))
	who := o.holderName(s.Owners, best)
	if float64(best.RetainedBytes) < holderPart*float64(live) {
		return fmt.Sprintf("No Starlark code holds much of the heap: %s holds most, %s.", who, held) + nobodys(s.Owners)
	}
	text := sentence(who) + " holds " + held
	switch {
	case best.Kind == "field":
		text += " through " + best.Provider + "." + best.Field + heldIn(best.Nodes, best.Provider)
	case len(best.Frames) > 0 && 2*best.Frames[0].RetainedBytes > best.RetainedBytes:
		text += ": " + o.frames(best.Frames[0])
	}
	return text + "."
}

// heldIn is " in 36 targets": a provider has an instance a target; a struct has not.
func heldIn(instances int64, provider string) string {
	one, many := "target", "targets"
	if provider == "struct" {
		one, many = "instance", "instances"
	}
	switch instances {
	case 0:
		return ""
	case 1:
		return " in one " + one
	}
	return " in " + thousands(instances) + " " + many
}

// largestHolder is the row that says where the largest part was made, and most
// exactly so: a field's line rather than its function, a function rather than a
// rule, if it holds nearly as much. What a function holds in the variables of those
// that it has called is theirs: by implementation a function counts only where
// nothing tells functions apart. Nil where none holds anything.
func largestHolder(o *heap.Owners) *heap.Owner {
	var largest [3]*heap.Owner
	most := int64(0)
	for i, by := range []string{"field", "function", "implementation"} {
		for _, r := range o.View(by).Rows {
			if r.Kind == "skyframe" || heapOwnerOfNone(r.Kind) || by == "implementation" && r.Kind == "function" && largest[1] != nil || by == "field" && (r.Made == nil || r.Made.Line <= 0 || isBuiltin(r.Made.File)) {
				continue
			}
			if largest[i] == nil || r.RetainedBytes > largest[i].RetainedBytes {
				largest[i] = &r
			}
			most = max(most, r.RetainedBytes)
		}
	}
	for _, r := range largest {
		if r != nil && r.RetainedBytes > 0 && float64(r.RetainedBytes) >= nearlyAll*float64(most) {
			return r
		}
	}
	return nil
}

// nearlyAll is the part of the largest row from which one that says more is
// taken instead.
const nearlyAll = 0.8

// holderName is "traverse_impl (memory/eat.bzl:71)".
func (o Options) holderName(owners *heap.Owners, r *heap.Owner) string {
	switch {
	case r.Made != nil && r.Made.File != "":
		at := o.placesIn(position(r.Made.File, r.Made.Line, 0))
		if name := functionAround(owners, r.Made); name != "" {
			return name + " (" + at + ")"
		}
		return at
	case r.Kind == "function" && r.Function != nil && r.Function.Place.File != "" && !strings.HasPrefix(r.Function.Name, "<"):
		return r.Function.Name + " (" + o.placesIn(position(r.Function.Place.File, r.Function.Place.Line, 0)) + ")"
	case r.Function != nil && strings.HasPrefix(r.Function.Name, "<"):
		return "the top level of " + r.Function.Module
	}
	row := *r
	row.Nodes = 0
	name := o.owner(&row)
	if r.Kind == "function" { // of which the dump has no file
		name = "function " + name
	}
	return "the " + name
}

// sentence begins one: names stay as they are.
func sentence(text string) string {
	if rest, ok := strings.CutPrefix(text, "the "); ok {
		return "The " + rest
	}
	return text
}

// functionAround is the implementing function that a place lies in, as far as
// the dump tells: the last that begins before it in its file.
func functionAround(owners *heap.Owners, at *heap.Place) (name string) {
	line := 0
	for _, r := range owners.View("function").Rows {
		if f := r.Function; f != nil && f.Place.File == at.File && f.Place.Line <= at.Line && f.Place.Line > line && !strings.HasPrefix(f.Name, "<") {
			name, line = f.Name, f.Place.Line
		}
	}
	return name
}

// nobodys says what the largest part is, where no Starlark code holds it.
func nobodys(o *heap.Owners) string {
	for _, r := range o.View("function").Rows {
		if 2*r.RetainedBytes <= o.LiveBytes {
			continue
		}
		switch r.Kind {
		case heap.KindShared:
			return fmt.Sprintf(" %s (%s) is shared by several functions or files.", quantity.Bytes(r.RetainedBytes), part(r.RetainedBytes, o.LiveBytes))
		case heap.KindBazel:
			return fmt.Sprintf(" Bazel itself holds %s (%s).", quantity.Bytes(r.RetainedBytes), part(r.RetainedBytes, o.LiveBytes))
		}
	}
	return ""
}

// wasRunning is who ran out of memory, or was running, "" for nobody.
func (o Options) wasRunning(s *heap.Summary) string {
	for i := range s.Threads {
		t := &s.Threads[i]
		if !t.Failed && t.Unwinding == "" {
			continue
		}
		for _, f := range t.Frames {
			if isBuiltin(f.File) {
				continue
			}
			text := fmt.Sprintf("%s (%s) ran out of memory", f.Function, o.placesIn(position(f.File, f.Line, 0)))
			if t.Target != "" {
				text += " at " + t.Target
			}
			return text + "."
		}
	}
	if f := s.Failed; f != nil {
		text := "Thread " + f.Name + " ran out of memory, outside Starlark"
		if doing := javastack.Statement(javaFramesOf(f.Frames)); doing != "" {
			text += " (" + doing + ")"
		}
		return text + "."
	}
	if n := len(s.Threads); n > 0 {
		return quantity.Count(n, "thread was", "threads were") + " running Starlark."
	}
	return ""
}
