// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strings"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/internal/quantity"
)

// crashes shows each crash with its frames; at a first look the newest one's are
// enough.
func (t *textWriter) crashes() {
	if len(t.r.Crashes) == 0 {
		return
	}
	const most = 5
	t.heading("Crashes, newest first")
	if !t.o.Full {
		t.byLimit()
	}
	for i := range t.r.Crashes {
		if i == most {
			t.line("  and %d more", len(t.r.Crashes)-most)
			return
		}
		c := &t.r.Crashes[i]
		if !t.o.Full && len(t.r.Crashes) > 1 && (i > 0 || len(c.Threads) == 0) {
			t.wrapped(t.crashInShort(i), "  ", "    ")
			continue
		}
		t.wrapped(t.crashTitle(c), "  ", "      ")
		for _, l := range deathSentences(c) {
			t.wrapped(l, "    ", "    ")
		}
		if c.Message != "" && (t.o.Full || !saysNoMore(c)) {
			t.wrapped("message: "+shorten(c.Message, 300), "    ", "      ")
		}
		if c.HeapDump != "" {
			t.wrapped("heap dump: "+t.o.path(c.HeapDump), "    ", "      ")
		}
		t.frames(c)
		for i, f := range c.Instantiated {
			file, line := t.o.frame(&c.Instantiated[i])
			t.lines(wrap("made by: "+f.Function+", "+position(file, line, f.Column), "    ", "      "))
		}
	}
}

// firstFrame is the innermost frame with a file, of the thread that failed
// before others; nil where there is none.
func firstFrame(c *attribution.Crash) *attribution.Frame {
	for _, thread := range failedFirst(c.Threads) {
		for k := range thread.Frames {
			if f := &thread.Frames[k]; f.Line > 0 && !isBuiltin(f.File) {
				return f
			}
		}
	}
	return nil
}

func sameFunction(a, b *attribution.Suspect) bool {
	return b != nil && a.Name == b.Name && a.Definition == b.Definition
}

// saysNoMore is whether the message is the JVM's for a full heap, which the
// crash's title says in words.
func saysNoMore(c *attribution.Crash) bool {
	return c.Cause == console.JavaHeapSpace && strings.HasSuffix(c.Message, "Java heap space")
}

// crashInShort is a crash in a sentence: what, when, where, and who.
func (t *textWriter) crashInShort(i int) string {
	c := &t.r.Crashes[i]
	text := t.crashTitle(c)
	if d := &c.Death; d.Doing != "" {
		text += ", while " + d.Doing
		if d.Ended {
			text += ", after Starlark"
		}
	}
	at := firstFrame(c)
	switch s := c.Inferred; {
	case s != nil && i > 0 && sameFunction(s, t.r.Crashes[0].Inferred):
		text += ": probably the same"
	case s != nil:
		text += fmt.Sprintf(": probably %s, %s", s.Name, t.o.where(s))
	case at != nil:
		file, line := t.o.frame(at)
		text += ": " + at.Function + ", " + position(file, line, at.Column)
	case c.Death.Doing == "" && c.Death.What == "":
		text += ": " + noStack(c)
	}
	if c.Death.What != "" {
		text += ". " + c.Death.What
	}
	if c.HeapDump != "" {
		text += "; heap dump: " + t.o.path(c.HeapDump)
	}
	return text
}

func (t *textWriter) crashTitle(c *attribution.Crash) string {
	title := capital(crashHead(c))
	if c.Target != "" && c.Aspect == "" {
		title += t.o.targetIs(c)
	}
	if !c.Time.IsZero() {
		title += ", " + c.Time.UTC().Format("2006-01-02 15:04:05 UTC")
	}
	if p := t.o.path(c.Path); p != "" {
		title += ", in " + p
	}
	return title
}

func (t *textWriter) frames(c *attribution.Crash) {
	for i := range c.Threads {
		thread := &c.Threads[i]
		if len(c.Threads) > 1 {
			t.line("    %s", strings.TrimSuffix(threadPrefix(c, thread), ": "))
		}
		for k := range thread.Frames {
			f := &thread.Frames[k]
			file, line := t.o.frame(f)
			at := "builtin"
			if !isBuiltin(f.File) {
				at = position(file, line, f.Column)
			}
			t.wrapped(at+": "+strings.TrimPrefix(frameMessage(f, nil), "in "), "    ", "      ")
			for _, l := range f.Locals {
				t.wrapped(localText(&l, t.o.Previews), "      ", "        ")
			}
		}
		if thread.Statement != "" {
			t.wrapped("running: "+thread.Statement, "    ", "      ")
		}
	}
	if s := c.Inferred; s != nil {
		t.wrapped(fmt.Sprintf("probably %s, %s: %s", s.Name, t.o.where(s), c.InferredWhy), "    ", "      ")
	} else if len(c.Threads) == 0 {
		t.line("    no Starlark stack was printed, and no function was seen running")
	}
}

// localText is "joined: string of 3,800,000, 3.6 MiB", with the preview if that
// may be shown.
func localText(l *observe.Local, preview bool) string {
	text := l.Name + ": " + l.Type
	if l.Length != nil {
		text += " of " + thousands(*l.Length)
	}
	text += ", " + quantity.Bytes(l.Bytes())
	if preview && l.Preview != "" {
		text += " = " + printable(l.Preview)
	}
	return text
}
