// SPDX-License-Identifier: Apache-2.0

package page

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/export"
	"example.invalid/starlark-memls/internal/quantity"
)

const tableRows = 15

// holderNote explains the icicle of a heap.
const holderNote = "Each bar is a rule, function, provider's field or target. Its width is its share of the heap; below it is what it holds. Double-click or Enter zooms in, / searches."

// FromHeap is the page of a heap dump.
func FromHeap(s *heap.Summary, o export.StackOptions) *Page {
	p := &Page{Title: "Heap of " + s.Dump, About: "heap dump " + s.Dump}
	if !s.Written.IsZero() {
		p.About += ", written " + s.Written.UTC().Format("2006-01-02 15:04:05 UTC")
	}
	p.Sentence = holderSentence(s, o)
	if f := s.Failed; f != nil {
		p.Facts = append(p.Facts, f.Name+" ran out of memory"+failedIn(s, o)+".")
	}
	p.Facts = append(p.Facts, s.Warnings...)
	if s.Unread != "" {
		p.Facts = append(p.Facts, s.Unread)
	}
	if s.Owners == nil {
		return p
	}
	p.Pictures = []Picture{heapPicture(export.FromHeap(s, o))}
	if t := findingsTable(s, o); len(t.Rows) > 0 {
		p.Tables = append(p.Tables, t)
	}
	for _, v := range []struct{ by, title string }{{"implementation", "Retained by rule, aspect, .bzl file and package"}, {"function", "Retained by implementing function"},
		{"field", "Retained by provider and field"}, {"target", "Retained by target"}} {
		p.Tables = append(p.Tables, ownersTable(v.title, s.Owners.View(v.by), s.Owners.LiveBytes, o))
	}
	if t := variablesTable(s, o); len(t.Rows) > 0 {
		p.Tables = append(p.Tables, t)
	}
	return p
}

func heapPicture(s *export.Stacks) Picture {
	return Picture{Title: "Who holds the memory", Note: holderNote, All: "the live heap", Tree: s.Tree(maxNodes)}
}

// holderSentence is what a heap says in a sentence: who holds most, and through
// what.
func holderSentence(s *heap.Summary, o export.StackOptions) string {
	if s.Owners == nil {
		return "Who holds the memory of this heap is not known."
	}
	live := s.Owners.LiveBytes
	var most heap.Owner
	for _, r := range s.Owners.View("implementation").Rows {
		if r.Kind == heap.KindShared || !nobodys(r.Kind) {
			most = r
			break
		}
	}
	if most.RetainedBytes == 0 {
		return fmt.Sprintf("Of a live heap of %s, no rule or aspect holds anything.", quantity.Bytes(live))
	}
	holders := most.Kind + " " + most.Name + " holds"
	if most.Kind == heap.KindShared {
		holders = "several rules, aspects or files together hold"
	}
	text := fmt.Sprintf("Of a live heap of %s, %s %s (%s)", quantity.Bytes(live), holders, quantity.Bytes(most.RetainedBytes), share(most.RetainedBytes, live))
	through := map[string]int64{}
	rows := map[string]heap.Owner{}
	for _, c := range s.Owners.Cells {
		who, ok := s.Owners.Of(c, "implementation")
		field, known := s.Owners.Of(c, "field")
		if ok && known && who.Kind == most.Kind && who.Name == most.Name && field.Kind == "field" {
			through[field.Name] += c.RetainedBytes
			rows[field.Name] = field
		}
	}
	names := make([]string, 0, len(through))
	for name := range through {
		names = append(names, name)
	}
	if len(names) > 0 {
		top := slices.MinFunc(names, func(a, b string) int { return cmp.Or(-cmp.Compare(through[a], through[b]), strings.Compare(a, b)) })
		field := rows[top]
		text += fmt.Sprintf(", %s of it through %s.%s", quantity.Bytes(through[top]), field.Provider, field.Field)
		if field.Made != nil && field.Made.File != "" {
			text += ", made at " + o.Place(*field.Made)
		}
	}
	return text + "."
}

func nobodys(kind string) bool {
	return slices.Contains([]string{heap.KindShared, heap.KindBazel, heap.KindThreads, heap.KindRest, "skyframe"}, kind)
}

func share(part, all int64) string {
	if all <= 0 {
		return ""
	}
	return quantity.Share(float64(part) / float64(all))
}

// failedIn says which Starlark function the thread that failed was in.
func failedIn(s *heap.Summary, o export.StackOptions) string {
	for _, t := range s.Threads {
		if t.Failed && len(t.Frames) > 0 {
			f := t.Frames[0]
			return " in " + f.Function + ", " + o.Place(heap.Place{File: f.File, Line: f.Line})
		}
	}
	return ""
}

func ownersTable(title string, v heap.View, live int64, o export.StackOptions) Table {
	t := Table{Title: title, Columns: []Column{{"retained", true}, {"share", true}, {"objects", true}, {"held by", false}, {"where", false}}}
	var left heap.Owner
	n := 0
	for i, r := range v.Rows {
		if r.Objects == 0 {
			continue
		}
		if i >= tableRows && !nobodys(r.Kind) {
			left.RetainedBytes, left.Objects, n = left.RetainedBytes+r.RetainedBytes, left.Objects+r.Objects, n+1
			continue
		}
		name := r.Name
		switch {
		case r.Kind == "field":
			name = r.Provider + "." + r.Field
		case r.Kind == "function" && r.Function != nil:
			name = r.Function.Name
		case !nobodys(r.Kind):
			name = r.Kind + " " + name
		}
		where := ""
		switch {
		case r.Made != nil && r.Made.File != "":
			where = o.Place(*r.Made)
		case r.Function != nil && r.Function.Place.File != "":
			where = o.Place(r.Function.Place)
		}
		t.Rows = append(t.Rows, ownerRow(r, live, name, where))
	}
	if n > 0 {
		t.Rows = append(t.Rows, ownerRow(left, live, quantity.Count(n, "other", "others"), ""))
	}
	t.Rows = append(t.Rows, []Cell{{Text: quantity.Bytes(live), Number: true}, {Text: "100 %", Number: true}, {Number: true}, {Text: "the live heap"}, {}})
	return t
}

func ownerRow(r heap.Owner, live int64, name, where string) []Cell {
	return []Cell{{Text: quantity.Bytes(r.RetainedBytes), Number: true}, {Text: share(r.RetainedBytes, live), Number: true}, {Text: fmt.Sprint(r.Objects), Number: true}, {Text: name}, {Text: where, Place: where}}
}

func findingsTable(s *heap.Summary, o export.StackOptions) Table {
	t := Table{Title: "What is wasteful", Note: "Saves is what would be freed if it were made as advised, computed on this heap.",
		Columns: []Column{{"holds", true}, {"saves", true}, {"what", false}, {"where", false}, {"advice", false}}}
	for _, f := range s.Findings {
		if len(t.Rows) == tableRows {
			break
		}
		where, saves := "", ""
		switch {
		case f.Made != nil && f.Made.File != "":
			where = o.Place(*f.Made)
		case f.Function != nil && f.Function.Place.File != "":
			where = o.Place(f.Function.Place)
		}
		if f.Saves > 0 {
			saves = quantity.Bytes(f.Saves)
		}
		t.Rows = append(t.Rows, []Cell{{Text: quantity.Bytes(f.Bytes), Number: true}, {Text: saves, Number: true}, {Text: f.Message}, {Text: where, Place: where}, {Text: f.Advice}})
	}
	return t
}

// variablesTable are the variables of calls under way, without their values.
func variablesTable(s *heap.Summary, o export.StackOptions) Table {
	t := Table{Title: "Variables of calls under way", Columns: []Column{{"retained", true}, {"variable", false}, {"in", false}, {"where", false}, {"thread", false}}}
	for _, thread := range s.Threads {
		for _, f := range thread.Frames {
			for _, l := range f.Locals {
				kind := l.Type
				if l.Length != nil {
					kind += fmt.Sprint(" of ", *l.Length)
				}
				where := o.Place(heap.Place{File: f.File, Line: f.Line})
				name := thread.Name
				if thread.Failed {
					name += " (failed)"
				}
				t.Rows = append(t.Rows, []Cell{{Text: quantity.Bytes(l.Bytes()), Number: true}, {Text: l.Name + ": " + kind}, {Text: f.Function}, {Text: where, Place: where}, {Text: name}})
				if len(t.Rows) == 4*tableRows {
					return t
				}
			}
		}
	}
	return t
}
