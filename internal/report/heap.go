// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bufio"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/bazel/javastack"
	"example.invalid/starlark-memls/internal/quantity"
)

// HeapSections say which parts of a heap dump's summary are written.
type HeapSections struct {
	Threads, Owners, Findings, Histogram bool
}

// HeapOptions say how a heap dump's summary is written.
type HeapOptions struct {
	Options
	Sections HeapSections
	// Brief is for a log: of the owners the functions and the fields that hold
	// most, of the threads the variables that hold much.
	Brief bool
}

// briefRows is how many rows a table has in brief.
const briefRows = 3

// WriteHeapText writes a heap dump's summary for a terminal: the thread that
// failed first, frames innermost first, each with its variables; then who
// holds the memory, and what is odd. Values are shown as far as the summary
// has them.
func WriteHeapText(w io.Writer, s *heap.Summary, o HeapOptions) error {
	out := bufio.NewWriter(w)
	if o.Brief && o.Top == 0 {
		o.Top = briefRows
	}
	t := heapText{textWriter{out: out, o: o.Options}, s, o.Brief}
	t.head()
	if o.Sections.Threads {
		t.threads()
	}
	if o.Sections.Owners {
		t.owners()
		if !o.Brief {
			t.growth()
		}
	}
	if o.Sections.Findings {
		t.findings()
	}
	if o.Sections.Histogram {
		t.histogram()
	}
	t.lost()
	return out.Flush()
}

type heapText struct {
	textWriter
	s     *heap.Summary
	brief bool
}

// head is the answer, what the heap held, and which dump it is.
func (t heapText) head() {
	t.line("%s", printable(HeapAnswer(t.s, t.o)))
	if o := t.s.Owners; o != nil {
		live := quantity.Bytes(o.LiveBytes) + " live (" + thousands(o.ObjectCount)
		if o.ObjectCount < t.s.Objects {
			live += " of " + thousands(t.s.Objects)
		}
		live += " objects)."
		if o.UnreachableBytes > 0 {
			live += fmt.Sprintf(" Another %s was garbage.", quantity.Bytes(o.UnreachableBytes))
		}
		t.lines(wrap(live, "", ""))
	}
	dump := printable(t.s.Dump)
	if !t.s.Written.IsZero() {
		dump += ", written " + t.s.Written.UTC().Format("2006-01-02 15:04:05 UTC")
	}
	dump += fmt.Sprintf("; sizes are estimated from the JVM's object layout (%d bytes a reference", t.s.ReferenceBytes)
	if !t.s.MeasuredLayout {
		dump += ", a guess"
	}
	t.lines(wrap(dump+").", "", "  "))
}

// threads shows the Starlark stacks. Where the thread that failed ran none, it
// is told of all the same: it is why there is a dump.
func (t heapText) threads() {
	t.line("")
	t.line("Starlark threads")
	if failed := t.s.Failed; failed != nil && !t.starlarkFailed() {
		t.lines(wrap(printable(failed.Name)+" ran out of memory, outside Starlark", "  ", "      "))
		if doing := javastack.Statement(javaFramesOf(failed.Frames)); doing != "" {
			t.lines(wrap("under way: "+doing, "    ", "      "))
		}
	}
	if len(t.s.Threads) == 0 {
		t.line("  none: no thread was running Starlark")
		return
	}
	shown := len(t.s.Threads)
	if t.brief {
		shown = min(shown, briefRows)
	}
	for i := range t.s.Threads[:shown] {
		t.thread(&t.s.Threads[i])
	}
	if more := len(t.s.Threads) - shown; more > 0 {
		t.line("  and %s more", quantity.Count(more, "thread", "threads"))
	}
	t.lines(wrap("The line of a frame is that of the last call begun in it.", "  ", "  "))
}

func (t heapText) starlarkFailed() bool {
	for i := range t.s.Threads {
		if t.s.Threads[i].Failed {
			return true
		}
	}
	return false
}

func (t heapText) thread(thread *heap.ThreadSummary) {
	title := thread.Name
	if title == "" {
		title = "a thread"
	}
	switch {
	case thread.Failed:
		title += " (failed)"
	case thread.Unwinding == heap.Leaving:
		title += " (failed too: an error was leaving its innermost function)"
	case thread.Unwinding == heap.Left:
		title += " (failed too: an error had left these functions, in no known order)"
	}
	if thread.Target != "" {
		title += " at " + thread.Target
	}
	if thread.Aspect != "" {
		title += " under the aspect " + thread.Aspect
	}
	t.lines(wrap(printable(title), "  ", "      "))
	if doing := javastack.Statement(javaFramesOf(thread.Java)); doing != "" && thread.Unwinding == "" {
		t.lines(wrap("under way: "+doing, "    ", "      "))
	}
	for i := range thread.Frames {
		f := &thread.Frames[i]
		at := "builtin"
		if !isBuiltin(f.File) {
			at = t.o.path(f.File)
			if f.Line > 0 {
				at = position(at, f.Line, f.Column)
			}
		}
		t.lines(wrap(printable(at+": "+f.Function), "    ", "      "))
		for k := range f.Locals {
			if l := &f.Locals[k]; t.brief && (l.RetainedBytes == nil || *l.RetainedBytes < leastLocal) {
				continue
			}
			t.line("      %s", heapLocalText(&f.Locals[k]))
		}
	}
}

// heapLocalText is "joined: string of 3,800,000, 3.6 MiB (24 B itself)" and
// the value's beginning.
func heapLocalText(l *heap.Local) string {
	name := l.Name
	switch {
	case l.CapturedBy != "":
		name += ", captured by " + l.CapturedBy
	case l.Comprehension:
		name += ", in a comprehension"
	}
	text := printable(name + ": " + l.Type)
	if l.Length != nil {
		text += " of " + thousands(*l.Length)
	}
	if l.LetGoBytes != nil {
		text += fmt.Sprintf(", held %s when the function ended, freed since", quantity.Bytes(max(*l.LetGoBytes, l.ShallowBytes)))
	} else if l.RetainedBytes != nil && *l.RetainedBytes != l.ShallowBytes {
		text += fmt.Sprintf(", %s (%s itself)", quantity.Bytes(*l.RetainedBytes), quantity.Bytes(l.ShallowBytes))
	} else {
		text += ", " + quantity.Bytes(l.ShallowBytes)
	}
	if l.Preview != "" {
		text += " = " + printable(l.Preview)
	}
	return text
}

func (t heapText) findings() {
	t.line("")
	t.line("Findings")
	if len(t.s.Findings) == 0 {
		t.line("  none")
		return
	}
	all := foldFindings(t.s.Findings)
	list := all
	if n := t.o.limit(len(list)); n < len(list) {
		list = list[:n]
	}
	for _, f := range list {
		text := f.text()
		if f.Field != "" {
			text += ", in the " + t.o.placesIn(f.Field)
		}
		if f.Builder != "" {
			text += ", built for the " + t.o.placesIn(f.Builder)
		}
		switch {
		case f.ID == 0:
		case f.times > 1:
			text += fmt.Sprintf(" (one is object %#x)", f.ID)
		default:
			text += fmt.Sprintf(" (object %#x)", f.ID)
		}
		t.lines(wrap(printable(text), "  - ", "    "))
	}
	if more := len(all) - len(list); more > 0 {
		t.line("  and %d more", more)
	}
}

// A foldedFinding stands for several that read the same but for the object.
type foldedFinding struct {
	*heap.FindingSummary
	times int64
}

func foldFindings(found []heap.FindingSummary) []foldedFinding {
	type key struct{ kind, what, field, builder string }
	var all []foldedFinding
	at := map[key]int{}
	for i := range found {
		f := &found[i]
		k := key{f.Kind, quantity.Bytes(f.Bytes), f.Field, f.Builder}
		if f.Kind != heap.BigString {
			k.what += f.Message
		}
		if n, ok := at[k]; ok {
			all[n].times++
			continue
		}
		at[k] = len(all)
		all = append(all, foldedFinding{f, 1})
	}
	return all
}

// text is "7.71 MiB: a string of 8,079,280 characters", or "77.1 MiB: 10 strings
// of 7.71 MiB".
func (f foldedFinding) text() string {
	whole := quantity.Bytes(f.times * f.Bytes)
	switch {
	case f.times == 1:
		return whole + ": " + f.Message
	case f.Kind == heap.BigString:
		return fmt.Sprintf("%s: %d strings of %s", whole, f.times, quantity.Bytes(f.Bytes))
	}
	return fmt.Sprintf("%s: %d times %s", whole, f.times, f.Message)
}

func (t heapText) histogram() {
	t.line("")
	t.line("Classes")
	rows := [][]string{{"bytes", "instances", "class"}}
	list := t.s.Histogram
	n := t.o.limit(len(list))
	for _, l := range list[:n] {
		rows = append(rows, []string{thousands(l.Bytes), thousands(l.Instances), printable(l.Class)})
	}
	for _, l := range columns(rows, func(column int) bool { return column < 2 }) {
		t.line("  %s", l)
	}
	if n < len(list) {
		t.line("  and %d more", len(list)-n)
	}
}

// lost says what the dump does not tell.
func (t heapText) lost() {
	if len(t.s.Warnings) == 0 {
		return
	}
	t.line("")
	t.line("What to know about the dump")
	for _, w := range t.s.Warnings {
		t.lines(wrap(printable(w), "  - ", "    "))
	}
}

// limit is how many of n rows are written.
func (o Options) limit(n int) int {
	switch {
	case o.Top < 0:
		return n
	case o.Top == 0:
		return min(n, 2*defaultTop)
	}
	return min(n, o.Top)
}

// placesIn shortens the paths below the root in a text that names places.
func (o Options) placesIn(text string) string {
	if o.Root == "" {
		return text
	}
	return strings.ReplaceAll(text, strings.TrimSuffix(filepath.ToSlash(o.Root), "/")+"/", "")
}

func javaFramesOf(frames []heap.JavaFrameSummary) []console.JavaFrame {
	all := make([]console.JavaFrame, len(frames))
	for i, f := range frames {
		all[i] = console.JavaFrame{Method: f.Method, Source: f.Source}
	}
	return all
}
