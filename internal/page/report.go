// SPDX-License-Identifier: Apache-2.0

package page

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/bazel/outputbase"
	"example.invalid/starlark-memls/internal/export"
	"example.invalid/starlark-memls/internal/input"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/report"
)

// ReportOptions say how a report's page is made.
type ReportOptions struct {
	export.StackOptions
	Report report.Options
	// HeapCacheDir is where observing the measurements has kept what it read of
	// heap dumps.
	HeapCacheDir string
	// Redactor makes a page that may leave the company; nil leaves names in.
	Redactor *export.Redactor
}

// FromReport is the page of a report: the answer, the pictures of the newest crash
// (of the newest build, where there is none), the functions, and the report as it
// is in Markdown. What cannot be read for a picture leaves it out, and is said.
func FromReport(ctx context.Context, r *attribution.Report, o ReportOptions) *Page {
	p := &Page{Title: "Starlark memory report", About: "Starlark memory report", Sentence: report.Answer(r, o.Report)}
	if len(r.Suspects) > 0 {
		s := &r.Suspects[0]
		if s.Verdict != "" {
			word := string(s.Verdict)
			p.Facts = append(p.Facts, fmt.Sprintf("%s%s: %s.", strings.ToUpper(word[:1]), word[1:], s.Verdict.Meaning()))
		}
	}
	if o.Redactor != nil {
		p.Sentence = redactedAnswer(r, o.Redactor)
	} else if r.Workspace != nil {
		p.About += " of " + filepath.Base(r.Workspace.Root())
	}
	if m, ok := shownMeasurement(r); ok {
		if o.Redactor == nil {
			p.About += ", pictures of " + called(m, o.File(m))
		}
		p.pictures(ctx, r, m, o)
	}
	if functions := export.FromReport(r, "", o.StackOptions).Redact(o.Redactor); len(functions.Samples) > 0 {
		p.Pictures = append(p.Pictures, Picture{Title: "Functions, by the measure chosen", All: "all functions", Tree: functions.Tree(maxNodes),
			Note: "All builds together: bytes retained and allocated, self time, collections' pauses during it, calls."})
	}
	if o.Redactor != nil {
		p.Tables = append(p.Tables, suspectsTable(r, o), stackTable(r, o))
		return p
	}
	var text bytes.Buffer
	if err := report.WriteMarkdown(&text, r, o.Report); err != nil {
		p.Facts = append(p.Facts, err.Error())
	}
	// What stands before its first section is this page's head.
	if i := strings.Index(text.String(), "\n## "); i >= 0 {
		p.Markdown = text.String()[i+1:]
	}
	return p
}

// called is what a measurement is called: an output base by what it holds, for its
// name is a hash, else its path in the workspace, or the end of another.
func called(path, shown string) string {
	if _, err := outputbase.Open(path); err == nil {
		return "the last build"
	}
	if filepath.IsAbs(shown) {
		return filepath.Base(shown)
	}
	return shown
}

// shownMeasurement is the path of the newest crash's measurement.
func shownMeasurement(r *attribution.Report) (string, bool) {
	switch {
	case len(r.Crashes) > 0:
		return r.Crashes[0].Path, true
	case len(r.Measurements) > 0:
		return r.Measurements[0].Path, true
	}
	return "", false
}

// pictures adds those of one measurement.
func (p *Page) pictures(ctx context.Context, r *attribution.Report, path string, o ReportOptions) {
	found, _, err := measurement.Open(ctx, path)
	if err != nil {
		p.Facts = append(p.Facts, "no pictures: "+o.Redactor.File(err.Error()))
		return
	}
	for _, m := range found {
		if m.Older {
			continue
		}
		if s := keptHeap(ctx, m, o); s != nil && s.Owners != nil {
			p.Pictures = append(p.Pictures, heapPicture(export.FromHeap(s, o.StackOptions).Redact(o.Redactor)))
			p.Facts = append(p.Facts, redactedHeap(s, o))
		} else if files := m.Parts[measurement.Retained]; len(files) > 0 {
			if kept, err := readRetained(ctx, files[0]); err == nil {
				p.Pictures = append(p.Pictures, heapPicture(export.FromRetained(kept, "", o.StackOptions).Redact(o.Redactor)))
			}
		}
		if files := m.Parts[measurement.Profile]; len(files) > 0 {
			p.profile(ctx, r, files[0], o)
		}
		return
	}
}

// redactedHeap is the heap's sentence.
func redactedHeap(s *heap.Summary, o ReportOptions) string {
	if o.Redactor != nil {
		return holderSentence(s.Redact(), export.StackOptions{})
	}
	return holderSentence(s, o.StackOptions)
}

// keptHeap is what was read of a measurement's heap dump; nil for none.
func keptHeap(ctx context.Context, m measurement.Measurement, o ReportOptions) *heap.Summary {
	for _, dump := range m.Parts[measurement.HeapDump] {
		if s, ok := heap.CachedSummary(dump, o.HeapCacheDir); ok {
			return s
		}
	}
	const longest = 256 << 20
	for _, file := range m.Parts[measurement.HeapSummary] {
		text, err := input.ReadFile(ctx, file, longest)
		s := new(heap.Summary)
		if err == nil && json.Unmarshal(text, s) == nil {
			return s
		}
	}
	return nil
}

func readRetained(ctx context.Context, path string) (heap.Retained, error) {
	file, err := input.Open(ctx, path)
	if err != nil {
		return heap.Retained{}, err
	}
	defer file.Close()
	return heap.ReadRetained(file)
}

// profile adds the timeline and the calls.
func (p *Page) profile(ctx context.Context, r *attribution.Report, path string, o ReportOptions) {
	file, err := input.Open(ctx, path)
	if err != nil {
		return
	}
	defer file.Close()
	recording, err := export.ReadRecording(ctx, file, placeOf(r, o.StackOptions))
	if err != nil || recording.Trace.Events == 0 {
		return
	}
	if recording.Trace.Damage != "" && o.Redactor == nil {
		p.Facts = append(p.Facts, "The profile: "+recording.Trace.Damage+".")
	}
	marks := export.Marks(r, "", o.StackOptions)(recording.Trace)
	if recording.Trace.Damage != "" {
		marks = append(marks, export.Mark{Name: "the profile is cut here", Micros: recording.Trace.LastMicros})
	}
	for i := range recording.Spans {
		recording.Spans[i].Name = o.Redactor.Name("function", recording.Spans[i].Name)
	}
	if len(recording.Spans) > 0 || len(recording.Pauses) > 0 {
		p.Pictures = append(p.Pictures, Picture{Title: "What happened when", Recording: recording, Marks: marks,
			Note: "Memory where it was recorded, collections (minor low, major high), and the recorded Starlark calls of each thread. + and - zoom, arrow keys or dragging move."})
	}
	if calls := recording.Calls.Redact(o.Redactor); len(calls.Samples) > 0 {
		p.Pictures = append(p.Pictures, Picture{Title: "Time by who called whom", All: "all recorded calls", Tree: calls.Tree(maxNodes), Note: "Recorded Starlark calls; by default Bazel records none shorter than 50 ms."})
	}
}

// placeOf finds the frame of a name: a profile tells no files, the report which
// function of that name it was, where that is known.
func placeOf(r *attribution.Report, o export.StackOptions) func(string) export.StackFrame {
	known := map[string]export.StackFrame{}
	for i := range r.Suspects {
		s := &r.Suspects[i]
		f := export.StackFrame{Kind: export.KindFunction, Name: s.Name}
		if d := s.Definition; d != nil {
			f.Start = d.NameRange.Start.Line
			f.Line, f.File = f.Start, o.File(d.File)
		}
		if before, twice := known[s.Name]; twice && before.File != f.File {
			f.File, f.Line, f.Start = "", 0, 0
		}
		known[s.Name] = f
	}
	return func(name string) export.StackFrame {
		if f, ok := known[name]; ok {
			return f
		}
		return export.StackFrame{Kind: export.KindFunction, Name: name}
	}
}

// redactedAnswer is the answer without names.
func redactedAnswer(r *attribution.Report, redact *export.Redactor) string {
	if len(r.Suspects) == 0 {
		return fmt.Sprintf("%d crashes in %d builds, and no evidence names a Starlark function.", len(r.Crashes), len(r.Measurements))
	}
	s := &r.Suspects[0]
	return fmt.Sprintf("%s is the first suspect of %d, with the verdict %q, in %d crashes of %d builds.", redact.Name("function", s.Name), len(r.Suspects), s.Verdict, len(r.Crashes), len(r.Measurements))
}

// suspectsTable are the suspects in numbers.
func suspectsTable(r *attribution.Report, o ReportOptions) Table {
	t := Table{Title: "Suspects", Columns: []Column{{"rank", true}, {"function", false}, {"where", false}, {"verdict", false}, {"score", true}, {"evidence", false}}}
	for i := range r.Suspects[:min(tableRows, len(r.Suspects))] {
		s := &r.Suspects[i]
		where := ""
		if d := s.Definition; d != nil {
			where = fmt.Sprintf("%s:%d", o.Redactor.File(o.File(d.File)), d.NameRange.Start.Line)
		}
		evidence := ""
		for k, v := range s.Evidence {
			if k > 0 {
				evidence += "; "
			}
			evidence += v.Measure.Label + " " + report.ValueText(v, s.Evidence)
		}
		t.Rows = append(t.Rows, []Cell{{Text: fmt.Sprint(s.Rank), Number: true}, {Text: o.Redactor.Name("function", s.Name)}, {Text: where, Place: where}, {Text: string(s.Verdict)}, {Text: fmt.Sprintf("%.2f", s.Score), Number: true}, {Text: evidence}})
	}
	return t
}

// stackTable are the stacks of the newest crash's first thread.
func stackTable(r *attribution.Report, o ReportOptions) Table {
	t := Table{Title: "Stack of the newest crash", Columns: []Column{{"function", false}, {"where", false}}}
	if len(r.Crashes) == 0 || len(r.Crashes[0].Threads) == 0 {
		t.Note = "No crash left a Starlark stack."
		return t
	}
	for _, f := range r.Crashes[0].Threads[0].Frames {
		where := fmt.Sprintf("%s:%d", o.Redactor.File(f.File), f.Line)
		t.Rows = append(t.Rows, []Cell{{Text: o.Redactor.Name("function", f.Function)}, {Text: where, Place: where}})
	}
	return t
}
