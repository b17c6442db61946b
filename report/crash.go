package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"starlark-memls/attribution"
)

// The quickfix list. Editors take "FILE:LINE[:COL]: message" (vim's errorformat
// %f:%l:%c: %m, Emacs' compilation mode). One block a crash, newest first, an
// empty line between blocks: the guilty frame first, then all frames from the
// innermost to the outermost. The guilty frame is the failing thread's
// innermost function of the user's, so as a rule it is the head of the list
// and is not written twice. A frame without a file (a builtin) cannot be
// jumped to and is told in the message of its caller.

// WriteCrash writes the report's crashes as quickfix lines. A report without a
// crash writes nothing.
func WriteCrash(w io.Writer, r *attribution.Report, o Options) error {
	out := bufio.NewWriter(w)
	for i := range r.Crashes {
		if i > 0 {
			fmt.Fprintln(out)
		}
		for _, line := range o.crashLines(&r.Crashes[i]) {
			fmt.Fprintln(out, line)
		}
	}
	return out.Flush()
}

func (o Options) crashLines(c *attribution.Crash) []string {
	var lines []string
	head := crashHead(c)
	for _, t := range failedFirst(c.Threads) {
		prefix := threadPrefix(c, t)
		var builtins []string
		for k := range t.Frames {
			f := &t.Frames[k]
			if file, line := o.frame(f); line > 0 && !isBuiltin(f.File) {
				message := prefix + frameMessage(f, builtins)
				if len(lines) == 0 {
					message = head + ": " + message
				}
				lines = append(lines, position(file, line, f.Column)+": "+message)
				builtins = nil
			} else {
				builtins = append(builtins, f.Function)
			}
		}
	}
	if c.Inferred != nil {
		lines = append(o.inferredLines(c, head), lines...)
	}
	if len(lines) == 0 {
		lines = []string{position(o.path(c.Path), 1, 0) + ": " + head + ": no Starlark stack was printed, and no function was seen to be active"}
	}
	return lines
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

// crashHead names the crash: "java_heap_space at //cpu:lock_19".
func crashHead(c *attribution.Crash) string {
	head := string(c.Cause)
	if c.Older {
		head = "older crash: " + head
	}
	if c.Target != "" {
		head += " at " + c.Target
	}
	if c.Aspect != "" {
		head += " under the aspect " + c.Aspect
	}
	return head
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

// inferredLines mark the definition that activity points at.
func (o Options) inferredLines(c *attribution.Crash, head string) []string {
	s := c.Inferred
	why := " [inferred from activity: " + c.InferredWhy + "]"
	if d := s.Definition; d != nil {
		at := position(o.path(d.File), d.NameRange.Start.Line, d.NameRange.Start.Column)
		return []string{at + ": " + head + ": in " + s.Name + why}
	}
	var lines []string
	for i, d := range s.Candidates {
		at := position(o.path(d.File), d.NameRange.Start.Line, d.NameRange.Start.Column)
		lines = append(lines, fmt.Sprintf("%s: %s: in %s, candidate %d of %d%s", at, head, s.Name, i+1, len(s.Candidates), why))
	}
	if len(lines) == 0 {
		lines = []string{position(o.path(c.Path), 1, 0) + ": " + head + ": in " + s.Name + ", whose source was not found" + why}
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
