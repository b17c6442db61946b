// SPDX-License-Identifier: Apache-2.0

package console

import "strings"

// A parser turns lines into facts.
type parser struct {
	log      *Log
	printing *printing      // the crash being read, or nil
	trace    *traceback     // the Starlark error being read, or nil
	block    *instantiation // the query's block being read, or nil

	// life counts servers and commands, to tell one crash printed twice from
	// two crashes; crashLife is that of the last crash, successLife that of
	// the last success.
	life, crashLife, successLife int
	succeeded                    bool
	// sawUI: a line of Bazel's UI was seen, so this is a console and not
	// jvm.out or java.log.
	sawUI bool
	// over: the command that the UI is of has ended, well or not.
	over bool
	// errorHead is an "ERROR:" line that a traceback may belong to.
	errorHead errorHead
	last      line
	unclaimed string // the last line that was nobody's
	// refused and dumped are what the JVM said before Bazel did: that it got no
	// more memory, and where it wrote the heap.
	refused, dumped     string
	refusedAt, dumpedAt int
	loading             loading
	losses              []string
}

func newParser() *parser { return &parser{log: &Log{}} }

// line takes the next line. Blocks that are open see it first; what is not
// theirs goes on to the next parser.
func (p *parser) line(l line) {
	p.last = l
	if p.block != nil && p.blockLine(l) {
		return
	}
	if k, at := headerOf(l.text); k != none && strings.TrimSpace(l.text[:at]) == "" {
		p.closeTraceback()
		p.announce(k, l, l.text[at:])
		return
	}
	if p.trace != nil && p.traceLine(l) {
		return
	}
	if p.printing != nil && p.crashLine(l) {
		return
	}
	p.other(l)
}

// other takes a line that belongs to no open block.
func (p *parser) other(l line) {
	text := strings.TrimSpace(l.text)
	if text == "" {
		return
	}
	switch {
	case p.beginsTraceback(l, text), p.jvmLine(l, text), p.statusLine(text), p.beginsBlock(l):
	case p.killedLine(l, text), p.foreignLine(l, text):
	case strings.HasPrefix(text, "ERROR: "):
		p.errorLine(l, text)
	case p.beginsBare(text):
		p.announce(bare, l, text)
		// Starlark's wrappers are thrown by nothing but Bazel.
		p.printing.confirmed = strings.HasPrefix(text, "net.starlark.java.")
	case isProgress(text):
		p.sawUI = true
		p.loading.progress(text)
	default:
		p.unclaimed = text
	}
}

// beginsBare reports whether text is a throwable that ends a server, with no
// announcement before it.
func (p *parser) beginsBare(text string) bool {
	t, ok := parseThrowable(text)
	return ok && (t.Class == outOfMemoryClass || t.Class == stackOverflowClass || strings.HasPrefix(t.Class, "net.starlark.java.eval.Starlark$UncheckedEval"))
}

// lost notes what a bound left out, once.
func (p *parser) lost(what string) {
	for _, l := range p.losses {
		if l == what {
			return
		}
	}
	p.losses = append(p.losses, what)
}

// finish closes what is open and returns the log.
func (p *parser) finish() *Log {
	if loss := p.cutAt(); loss != "" {
		p.lost(loss)
	}
	p.closeBlock()
	p.closeTraceback()
	p.closePrinting()
	p.log.Truncated = strings.Join(p.losses, "; ")
	return p.log
}

// cutAt says what is missing where the text ends in the middle of something.
func (p *parser) cutAt() string {
	if p.trace != nil && len(p.trace.frames) > 0 {
		return "the text ends inside a Starlark traceback"
	}
	pr := p.printing
	if pr == nil || pr.stack == nil {
		return ""
	}
	switch l := pr.stack.last(); {
	case l == nil && strings.Contains(pr.head, stackFollows):
		return "the text ends before the crash's stack"
	case pr.stack.broken != "":
		return "the text ends inside a stack frame"
	case l != nil && pr.stack.gap == 0 && !p.last.whole && !complete(l):
		return "the text ends inside the crash's stack"
	}
	return ""
}

// complete reports whether a stack's last line is one that ends stacks.
func complete(l *link) bool {
	if l.hasMore {
		return true
	}
	n := len(l.java)
	if n == 0 {
		return !unfinished(l.Throwable) && l.Class == outOfMemoryClass && outOfMemory(l.Message) != Unknown
	}
	m := l.java[n-1].Method
	return strings.HasSuffix(m, "Thread.run") || strings.HasSuffix(m, ".main")
}
