// SPDX-License-Identifier: Apache-2.0

package join

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/stats"
	"example.invalid/starlark-memls/internal/growth"
	"example.invalid/starlark-memls/internal/quantity"
	"example.invalid/starlark-memls/starlark"
)

// The line to change. A dump tells more than which function holds the memory: it
// has the place where each instance of a provider was made, the variable of a call
// under way and the line that the call has come to, and what a what-if on the heap
// would save. Each is a line of the sources with what hangs on it.

// A HeldLine is a line that holds a good part of the heap of one crash.
type HeldLine struct {
	// What holds the memory: "AuditInfo.records", "the variable table".
	What string
	// Source is the file in the workspace, "" where it is not there; File is
	// the file as Bazel printed it. Line is the line in the sources of now.
	Source, File string
	Line         int
	Definition   *starlark.Definition
	Stale        bool
	Bytes        int64
	LiveBytes    int64
	// Targets counts the targets or instances that hold it, 0 where that is
	// not told.
	Targets int64
	// Caller made the call whose variable it is, "" for none.
	Caller string
	// Finding says what is wastefully made there, SavesBytes what would be
	// saved, Advice how; empty and 0 where nothing is found.
	Finding, Advice string
	SavesBytes      int64
	// Growth says how it grows with the targets, nil where that is not told.
	Growth *growth.Growth
	// Crash is the path of the measurement whose dump tells it.
	Crash string
}

// heldLinePart is the least share of the live heap that is worth a line.
const heldLinePart = 0.05

// maxHeldLines bounds the lines of a report.
const maxHeldLines = 20

// String is "holds 137 MiB of the 156 MiB live heap (88 %) through
// AuditInfo.records in 965 targets, which grows with the square of the targets"; of
// what grows no faster than the targets do, it is not said.
func (l HeldLine) String() string {
	text := fmt.Sprintf("holds %s of the %s live heap (%s) through %s", quantity.Bytes(l.Bytes), quantity.Bytes(l.LiveBytes),
		quantity.Share(stats.Part(l.Bytes, l.LiveBytes)), l.What)
	switch {
	case l.Targets == 1:
		text += " in one target"
	case l.Targets > 1:
		text += " in " + quantity.Count(int(l.Targets), "target", "targets")
	case l.Caller != "":
		text += ", called by " + l.Caller
	}
	if l.Growth.Faster() {
		text += ", which " + l.Growth.Pace()
	}
	return text
}

// Function is the name of the function that the line is in, "" where that is
// not known.
func (l HeldLine) Function() string {
	if l.Definition == nil || strings.HasPrefix(l.Definition.Name, "<") { // a file's own code has none
		return ""
	}
	return l.Definition.Name
}

// Saving is what a finding would save there, "" for none.
func (l HeldLine) Saving() string {
	if l.SavesBytes == 0 {
		return ""
	}
	return fmt.Sprintf("%s: %s would be saved; %s", l.Finding, quantity.Bytes(l.SavesBytes), l.Advice)
}

// heldLines are the lines of the newest dump that tells who holds the memory: of
// several dumps each has its own heap, and they do not add up.
func (j *Joined) heldLines() []HeldLine {
	var newest *observe.Observation
	for _, o := range j.Observed.Observations {
		if o.LiveHeapBytes() > 0 && (newest == nil || newest.Summary.Ended.Before(o.Summary.Ended)) {
			newest = o
		}
	}
	if newest == nil {
		return nil
	}
	var lines []HeldLine
	add := func(l HeldLine, at printedPlace) {
		if stats.Part(max(l.Bytes, l.SavesBytes), newest.LiveHeapBytes()) < heldLinePart {
			return
		}
		l.File, l.Line, l.LiveBytes, l.Crash = at.file, at.line, newest.LiveHeapBytes(), newest.Summary.Path
		if p := j.place(at); !p.gone {
			l.Source, l.Definition, l.Stale = p.path, p.definition, p.stale
			if p.path != "" && p.line > 0 {
				l.Line = p.line
			}
		}
		lines = append(lines, l)
	}
	for _, f := range newest.Frames {
		what := "the variable " + f.Variable
		if f.Variable == "" {
			what = "values under way in " + f.Function
		}
		add(HeldLine{What: what, Bytes: f.Bytes, Caller: f.Caller}, printedPlace{f.Function, f.File, f.Line})
	}
	for _, f := range newest.Fields {
		at := printedPlace{file: f.File, line: f.Line}
		at.function = j.makerAt(at)
		add(HeldLine{What: f.Name(), Bytes: f.Bytes, Targets: f.Instances, Growth: f.Growth}, at)
	}
	for _, w := range newest.Waste {
		j.addWaste(w, &lines, add)
	}
	slices.SortStableFunc(lines, func(a, b HeldLine) int { return cmp.Compare(max(b.Bytes, b.SavesBytes), max(a.Bytes, a.SavesBytes)) })
	return lines[:min(len(lines), maxHeldLines)]
}

// addWaste adds a finding to the line that holds it, or as a line of its own.
func (j *Joined) addWaste(w observe.WasteFacts, lines *[]HeldLine, add func(HeldLine, printedPlace)) {
	for i := range *lines {
		if l := &(*lines)[i]; w.Field != "" && l.What == w.Field && l.SavesBytes < w.Saves {
			l.Finding, l.Advice, l.SavesBytes = w.Message, w.Advice, w.Saves
			if w.Targets > 0 {
				l.Targets = w.Targets
			}
			return
		}
	}
	at := printedPlace{w.Function, w.File, w.Line}
	if at.file == "" {
		at = printedPlace{w.Function, w.Defined, w.DefinedLine}
	} else {
		at.function = j.makerAt(printedPlace{file: w.File, line: w.Line})
	}
	if at.file == "" {
		return
	}
	add(HeldLine{What: cmp.Or(w.Field, "what "+w.Function+" makes"), Bytes: w.Bytes, Targets: w.Targets,
		Finding: w.Message, Advice: w.Advice, SavesBytes: w.Saves}, at)
}
