// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"example.invalid/starlark-memls/attribution"
)

// The quickfix list. Editors take "FILE:LINE[:COL]: message" (vim's errorformat
// %f:%l:%c: %m, Emacs' compilation mode). One block a crash, newest first, an
// empty line between blocks: the guilty frame with what the crash was, then all
// frames from the innermost to the outermost, the guilty one in its place among
// them. The guilty frame is the failing thread's innermost function of the
// user's; where that had been left when the stack was printed, what its line calls
// stands before it. A frame without a file (a builtin) cannot be jumped to and is told in
// the message of its caller.

// WriteCrash writes the report's crashes as quickfix lines. A report without a
// crash writes nothing.
func WriteCrash(w io.Writer, r *attribution.Report, o Options) error {
	out := bufio.NewWriter(w)
	for i := range r.Crashes {
		if i > 0 {
			fmt.Fprintln(out)
		}
		for k, line := range o.crashLines(&r.Crashes[i]) {
			if held := firstHeld(r, &r.Crashes[i]); k == 0 && held != nil {
				line += "; " + o.heldSubject(held) + " " + held.String()
			}
			fmt.Fprintln(out, withoutControls(line))
		}
	}
	return out.Flush()
}

func (o Options) crashLines(c *attribution.Crash) []string {
	head := crashHead(c)
	frames, builtins := o.frameLines(c)
	at := o.crashPlace(c)
	var lines []string
	switch {
	case c.Inferred != nil:
		lines = o.inferredLines(c, head)
	case len(c.Left) > 0 && len(frames) > 0:
		lines = o.leftLines(c, head, frames[0].at)
	case len(frames) > 0:
		lines = []string{frames[0].at + ": " + head + ": " + frames[0].message}
	case len(builtins) > 0:
		lines = []string{at + ": " + head + ": in the builtin " + strings.Join(builtins, " in ") + ", with no other frame on the stack"}
	default:
		lines = []string{at + ": " + head + ": " + noStack(c) + targetMade(c)}
	}
	for _, f := range frames {
		lines = append(lines, f.at+": "+f.message)
	}
	return lines
}

// crashPlace is where to look at a crash of which no function is known: the
// call in the BUILD file that made the target under evaluation, else the line
// of the log that tells of the crash.
func (o Options) crashPlace(c *attribution.Crash) string {
	switch d := c.TargetDefinition; {
	case d != nil:
		return position(o.path(d.File), d.NameRange.Start.Line, d.NameRange.Start.Column)
	case c.Log != "":
		return position(o.path(c.Log), max(c.LogLine, 1), 0)
	}
	return position(o.path(c.Path), 1, 0)
}

// targetMade says what made the target under evaluation, as far as it is known.
func targetMade(c *attribution.Crash) string {
	d := c.TargetDefinition
	if d == nil {
		return ""
	}
	made := "; the target is made here"
	if d.Class != "" {
		made = "; the target is a " + d.Class + ", made here"
	}
	if d.MadeBy != nil {
		made += " by the macro " + d.MadeBy.Name
	}
	return made
}

// A frameLine is a frame with a file: its place, and what is said of it.
type frameLine struct{ at, message string }

// frameLines are the frames of all threads, the failing one's first. builtins
// are the ones that have no caller to be told with.
func (o Options) frameLines(c *attribution.Crash) (lines []frameLine, builtins []string) {
	for _, t := range failedFirst(c.Threads) {
		prefix := threadPrefix(c, t)
		builtins = nil
		for k := range t.Frames {
			f := &t.Frames[k]
			file, line := o.frame(f)
			if line <= 0 || isBuiltin(f.File) {
				builtins = append(builtins, f.Function)
				continue
			}
			lines = append(lines, frameLine{position(file, line, f.Column), prefix + frameMessage(f, builtins)})
			builtins = nil
		}
		if n := len(lines); n > 0 && len(builtins) > 0 {
			lines[n-1].message += ", called by " + strings.Join(builtins, ", called by ")
			builtins = nil
		}
	}
	return lines, builtins
}

// failedFirst orders threads so that the guilty frame comes first.
func failedFirst(threads []attribution.Thread) []*attribution.Thread {
	var failed, others []*attribution.Thread
	for i := range threads {
		if threads[i].Failed {
			failed = append(failed, &threads[i])
		} else {
			others = append(others, &threads[i])
		}
	}
	return append(failed, others...)
}

// threadPrefix tells the stacks of several threads apart.
func threadPrefix(c *attribution.Crash, t *attribution.Thread) string {
	if len(c.Threads) < 2 {
		return ""
	}
	name := t.Name
	if name == "" {
		name = "thread"
	}
	if t.Failed {
		return name + " (failed): "
	}
	return name + ": "
}

// frameMessage is "in traverse_impl, in a call of the builtin write".
func frameMessage(f *attribution.Frame, builtins []string) string {
	message := "in " + f.Function
	if len(builtins) > 0 {
		message += ", in a call of the builtin " + strings.Join(builtins, " in ")
	}
	if f.Mapped != "" {
		message += " (file matched: " + f.Mapped + ")"
	}
	if f.Stale {
		message += " (edited since)"
	}
	return message
}

// maxCandidateLines bounds the lines of one crash: a quickfix list with a line
// for each of a hundred functions called _impl hides the other crashes.
const maxCandidateLines = 8

// inferredLines mark the definition that activity points at.
func (o Options) inferredLines(c *attribution.Crash, head string) []string {
	s := c.Inferred
	why := " [inferred: " + c.InferredWhy + "]"
	if s.Inferred() {
		why = " [inferred: " + o.whose(s) + "; " + c.InferredWhy + "]"
	}
	if d := s.Definition; d != nil {
		at := position(o.path(d.File), d.NameRange.Start.Line, d.NameRange.Start.Column)
		return []string{at + ": " + head + ": in " + s.Name + why}
	}
	var lines []string
	for i, d := range s.Candidates[:min(len(s.Candidates), maxCandidateLines)] {
		if i == maxCandidateLines-1 && i < len(s.Candidates)-1 {
			why += " (the report in JSON lists the others)"
		}
		at := position(o.path(d.File), d.NameRange.Start.Line, d.NameRange.Start.Column)
		lines = append(lines, fmt.Sprintf("%s: %s: in %s, candidate %d of %d%s", at, head, s.Name, i+1, len(s.Candidates), why))
	}
	if len(lines) == 0 {
		lines = []string{o.crashPlace(c) + ": " + head + ": in " + s.Name + ", whose source was not found" + why}
	}
	return lines
}

// leftLines name the functions one of which was running, though the stack begins
// with the caller.
func (o Options) leftLines(c *attribution.Crash, head, caller string) (lines []string) {
	for i, d := range c.Left[:min(len(c.Left), maxCandidateLines)] {
		which := "in " + d.Name
		if n := len(c.Left); n > 1 {
			which += fmt.Sprintf(", candidate %d of %d", i+1, n)
		}
		at := position(o.path(d.File), d.NameRange.Start.Line, d.NameRange.Start.Column)
		lines = append(lines, fmt.Sprintf("%s: %s: probably %s, which is called at %s: its own frame was not printed", at, head, which, caller))
	}
	return lines
}

func position(file string, line, column int) string {
	if column > 0 {
		return fmt.Sprintf("%s:%d:%d", file, line, column)
	}
	return fmt.Sprintf("%s:%d", file, line)
}

func isBuiltin(file string) bool { return file == "" || strings.HasPrefix(file, "<") }
