// SPDX-License-Identifier: Apache-2.0

package console

import "strings"

// One death, several printings. Up to 2.x the stack comes twice, then a line
// without one; a FATAL may be followed by the client's "Server terminated
// abruptly", by a crash of the crash handler, or by an interrupted command's
// internal error. Each announcement with its stack is a printing; printings of
// one server's life are folded into one Crash. A life ends where a new server
// or a new command begins (see newLife).

// A printing is one announcement with what follows it.
type printing struct {
	kind  announcement
	crash PrintedCrash
	head  string // the announcement, joined where the terminal broke it
	// before is the throwable's message, which the oldest versions print on
	// a line of its own before the announcement.
	before string
	stack  *stack // nil where none follows
	// headOpen: the announcement may go on in the next line.
	headOpen bool
	// discard: the stack is that of the crash handler's own failure.
	discard bool
	// refused is the JVM's warning that it got no more memory.
	refused string
	// confirmed is set for a bare throwable that is surely the server's.
	confirmed bool
}

// announce begins a printing.
func (p *parser) announce(k announcement, l line, text string) {
	p.closePrinting()
	pr := &printing{kind: k, head: text, confirmed: k != bare}
	pr.crash = PrintedCrash{Line: l.number, Time: l.time, Loading: p.loading.pkg, LoadingOthers: p.loading.others, LoadingPackages: p.loading.packages}
	switch k {
	case fatal:
		pr.stack = newStack()
		pr.headOpen = !strings.Contains(text, stackFollows) && !strings.Contains(text, loggedWords)
	case thrown:
		pr.stack = newStack()
		_, after, _ := strings.Cut(text, stackFollows)
		pr.stack.feed(strings.TrimSpace(after))
	case said:
		if outOfMemory(p.unclaimed) != Unknown || strings.HasPrefix(p.unclaimed, "unable to create ") {
			pr.before = p.unclaimed
		}
	case gone:
		pr.crash.ServerGone = true
		pr.crash.Message, pr.crash.ServerLog = abruptDeath(text)
		if p.refused != "" && l.number-p.refusedAt < lastWords {
			pr.refused = p.refused
		}
	case bare:
		pr.stack = newStack()
		pr.stack.feed(text)
	}
	if k != bare && k != gone && p.dumped != "" && l.number-p.dumpedAt < lastWords {
		pr.crash.HeapDump = p.dumped // the JVM's words come before Bazel's
	}
	p.printing = pr
}

// crashLine offers a line to the open printing.
func (p *parser) crashLine(l line) bool {
	pr := p.printing
	switch trimmed := strings.TrimSpace(l.text); {
	case trimmed == "Original uncaught exception:":
		pr.stack, pr.discard = newStack(), false
		return true
	case strings.HasPrefix(trimmed, "Exception encountered during BugReport#handleCrash"):
		p.handlerFailed(l)
		return true
	}
	if pr.headOpen && p.headGoesOn(l.text) {
		return true
	}
	if pr.stack == nil {
		return false
	}
	if pr.stack.feed(l.text) {
		return true
	}
	if pr.stack.closed() {
		p.closePrinting()
	}
	return false
}

// headGoesOn joins an announcement that the terminal's width broke.
func (p *parser) headGoesOn(text string) bool {
	pr := p.printing
	if _, ok := parseThrowable(strings.TrimSpace(text)); ok || len(pr.head) > 4096 {
		pr.headOpen = false
		return false
	}
	if isProgress(text) || strings.TrimSpace(text) == "" {
		return false
	}
	if k, at := headerOf(text); k != none && at == 0 || strings.HasPrefix(text, "ERROR:") {
		pr.headOpen = false
		return false
	}
	joined := pr.head + strings.TrimRight(text, " \t")
	if !strings.HasSuffix(strings.TrimSpace(joined), stackFollows) && !strings.Contains(pr.head, dumpWords[:10]) {
		pr.headOpen = false // not a broken line: there was no more to it
		return false
	}
	pr.head = joined
	pr.headOpen = !strings.Contains(joined, stackFollows)
	return true
}

// handlerFailed begins the stack of the failure of the handler itself.
func (p *parser) handlerFailed(l line) {
	time := p.printing.crash.Time
	p.closePrinting()
	p.printing = &printing{kind: handler, stack: newStack(), discard: true, confirmed: true,
		crash: PrintedCrash{Line: l.number, Time: time}}
}

// closePrinting folds the open printing into the crashes.
func (p *parser) closePrinting() {
	pr := p.printing
	if pr == nil {
		return
	}
	p.printing = nil
	if !pr.confirmed && !p.believeBare() && !ofServer(pr.stack.javaFrames()) {
		p.disown(pr)
		return
	}
	p.fold(pr.kind, pr.result())
	if pr.stack != nil && pr.stack.full {
		p.lost("a stack had more frames than are kept")
	}
	if pr.kind == gone {
		p.life++ // what comes now is another server's
	}
}

// disown takes a throwable that is another program's.
func (p *parser) disown(pr *printing) {
	if pr.crash.HeapDump != "" {
		p.dumped, p.dumpedAt = pr.crash.HeapDump, pr.crash.Line
	}
	chain := pr.stack.throwables()
	for _, t := range chain {
		if t.Class == outOfMemoryClass {
			p.foreign(line{number: pr.crash.Line}, foreignJava(pr.stack.javaFrames()), words(t))
			return
		}
	}
}

// believeBare decides on a throwable that nothing announced. In jvm.out it is
// the server's; in a console it is as likely some compiler's, unless the
// client has just said that the server is gone.
func (p *parser) believeBare() bool {
	if !p.sawUI {
		return true
	}
	last := p.lastDeath()
	return last != nil && last.ServerGone
}

// result is the printing as a crash of its own.
func (pr *printing) result() PrintedCrash {
	c := pr.crash
	c.HeapDump = firstOf(c.HeapDump, heapDumpPath(pr.head))
	if pr.kind == gone {
		c.Cause = ServerDied
		if pr.refused != "" {
			c.Cause, c.OutOfMemory, c.Message = MachineMemory, true, pr.refused
		}
		return c
	}
	var chain []Throwable
	if pr.stack != nil {
		chain = pr.stack.throwables()
	}
	if pr.discard {
		c.Cause = Unknown
		c.HandlerFailure = "unknown"
		if len(chain) > 0 {
			c.HandlerFailure = words(chain[0])
		}
		return c
	}
	c.Throwables = chain
	cause, memory := classify(chain, pr.before+pr.head)
	c.Cause, c.OutOfMemory = cause, memory || c.OutOfMemory
	if len(chain) > 0 {
		c.Message = words(chain[len(chain)-1])
	} else {
		c.Message = firstOf(pr.before, spoken(pr.head))
	}
	if pr.stack != nil {
		c.Starlark, c.Java = pr.stack.starlarkFrames(), pr.stack.javaFrames()
	}
	if c.Cause == Unknown && c.OutOfMemory {
		c.Cause = byFrames(c.Java)
	}
	c.Context, c.Node = evaluationContext(chain), evaluatedNode(chain)
	target, aspect := parseNode(c.Node)
	c.Target, c.Aspect = contextTarget(c.Context)
	c.Target, c.Aspect = firstOf(c.Target, target), firstOf(c.Aspect, aspect)
	return c
}

// words is a throwable as Java prints it.
func words(t Throwable) string {
	if t.Message == "" {
		return t.Class
	}
	return t.Class + ": " + t.Message
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// spoken is an announcement as a message. java.log's holds the command line,
// with the client's environment in it: that stays where it is.
func spoken(head string) string {
	if strings.Contains(head, loggedWords) {
		return ""
	}
	return strings.TrimSpace(head)
}
