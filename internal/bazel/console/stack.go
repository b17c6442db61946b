// SPDX-License-Identifier: Apache-2.0

package console

import "strings"

// A Java stack as printStackTrace writes it, with what a terminal adds:
//
//	net.starlark.java.eval.Starlark$UncheckedEvalError: OutOfMemoryError thrown …
//	<TAB>at <starlark>.traverse(/p/eat.bzl:12)
//	<TAB>Suppressed: java.lang.IllegalStateException: …
//	<TAB><TAB>at …
//	Caused by: java.lang.OutOfMemoryError: Java heap space
//	<TAB>at net.starlark.java.eval.Eval.execFor(Eval.java:127)
//	<TAB>... 23 more
//
// Progress and other processes' output may stand between any two lines, and a
// terminal's copy may have broken a line in two. A line that is none of the
// stack's is left to the other parsers; the stack stays open until another
// one begins or too much has come between.

// A link is one throwable with its frames.
type link struct {
	Throwable
	java     []JavaFrame
	starlark []StarlarkFrame
	more     int  // "... 23 more"
	hasMore  bool // or 0 for "... 0 more"
}

// A stack collects the lines of one printed stack.
type stack struct {
	chain []*link
	// suppressed is the indentation of the "Suppressed:" line whose frames
	// are being skipped, or -1.
	suppressed int
	// broken is the beginning of a line that the terminal's width broke.
	broken string
	gap    int  // lines of something else since the last of ours
	full   bool // a bound was met
}

func newStack() *stack { return &stack{suppressed: -1} }

// feed takes a line of the stack. It reports whether the line is one.
func (s *stack) feed(text string) bool {
	if s.continues(text) || s.element(text) {
		s.gap = 0
		return true
	}
	s.gap++
	return false
}

// closed reports that the stack is over.
func (s *stack) closed() bool { return s.gap > maxInterruption }

func (s *stack) last() *link {
	if len(s.chain) == 0 {
		return nil
	}
	return s.chain[len(s.chain)-1]
}

// element takes a whole line.
func (s *stack) element(text string) bool {
	trimmed := strings.TrimLeft(text, " \t")
	indent := len(text) - len(trimmed)
	trimmed = strings.TrimRight(trimmed, " \t")
	switch {
	case strings.HasPrefix(trimmed, "at "):
		return s.frame(trimmed)
	case strings.HasPrefix(trimmed, "... ") && strings.HasSuffix(trimmed, " more"):
		return s.moreLine(trimmed)
	case strings.HasPrefix(trimmed, "Suppressed: "):
		if s.suppressed < 0 {
			s.suppressed = indent
		}
		return len(s.chain) > 0
	case strings.HasPrefix(trimmed, "Caused by: "):
		if s.suppressed >= 0 && indent >= s.suppressed && indent > 0 {
			return true // the suppressed one's own cause
		}
		s.suppressed = -1
		return s.begin(trimmed[len("Caused by: "):])
	case len(s.chain) == 0:
		return s.begin(trimmed)
	}
	return false
}

// begin takes "class: message".
func (s *stack) begin(text string) bool {
	t, ok := parseThrowable(text)
	if !ok {
		return false
	}
	if len(s.chain) >= maxThrowables {
		s.full = true
		return true
	}
	s.chain = append(s.chain, &link{Throwable: t})
	return true
}

func (s *stack) moreLine(text string) bool {
	l := s.last()
	if l == nil {
		return false
	}
	if s.suppressed < 0 {
		l.more, l.hasMore = number(text[len("... "):]), true
	}
	return true
}

// frame takes "at …". One that has no end is kept for continues.
func (s *stack) frame(text string) bool {
	if len(s.chain) == 0 {
		return false
	}
	f, j, starlark, ok := ParseFrame(text)
	if !ok {
		if !plausibleFrame(text) {
			return false
		}
		s.broken = text
		return true
	}
	if s.suppressed >= 0 {
		return true
	}
	s.add(f, j, starlark)
	return true
}

func (s *stack) add(f StarlarkFrame, j JavaFrame, starlark bool) {
	l := s.last()
	switch {
	case len(l.java)+len(l.starlark) >= maxFrames:
		s.full = true
	case starlark:
		l.starlark = append(l.starlark, f)
	default:
		l.java = append(l.java, j)
	}
}

// plausibleFrame reports whether text may be the first part of a frame that
// was broken in two: "at " and a name, without a space before any "(".
func plausibleFrame(text string) bool {
	name, _, _ := strings.Cut(text[len("at "):], "(")
	return name != "" && !strings.ContainsAny(name, " \t") &&
		(strings.Contains(name, ".") || strings.HasPrefix(name, "<"))
}

// continues joins the next part of a broken line: a frame without its end, a
// node's key or a Starlark list without theirs.
func (s *stack) continues(text string) bool {
	if s.broken != "" {
		return s.joinFrame(text)
	}
	l := s.last()
	if l == nil || len(l.java)+len(l.starlark) > 0 || !unfinished(l.Throwable) || len(l.Message) > maxMessage {
		return false
	}
	if startsElement(text) || isProgress(text) || strings.TrimSpace(text) == "" {
		return false
	}
	l.Message += strings.TrimRight(text, "\r")
	return true
}

func (s *stack) joinFrame(text string) bool {
	if isProgress(text) {
		return false
	}
	if startsElement(text) || strings.TrimSpace(text) == "" || len(s.broken) > 1<<16 {
		s.broken = "" // the other half never came
		return false
	}
	joined := s.broken + strings.TrimRight(text, " \t")
	f, j, starlark, ok := ParseFrame(joined)
	if !ok {
		if strings.HasSuffix(joined, ")") && !strings.Contains(joined, starlarkMark) {
			s.broken = ""
			return false
		}
		s.broken = joined
		return true
	}
	s.broken = ""
	if s.suppressed < 0 {
		s.add(f, j, starlark)
	}
	return true
}

// startsElement reports whether text begins a line of a stack, so that it
// cannot go on with the one before.
func startsElement(text string) bool {
	t := strings.TrimLeft(text, " \t")
	return strings.HasPrefix(t, "at ") && plausibleFrame(t) ||
		strings.HasPrefix(t, "Caused by: ") || strings.HasPrefix(t, "Suppressed: ") ||
		strings.HasPrefix(t, "... ") && strings.HasSuffix(strings.TrimSpace(t), " more")
}

// unfinished reports whether a throwable's message was broken by the
// terminal's width. Only texts whose end is known can tell.
func unfinished(t Throwable) bool {
	m := t.Message
	switch {
	case strings.Contains(m, "(Starlark stack: ["):
		return !strings.HasSuffix(m, "])")
	case strings.Contains(m, evaluatingMark):
		return !strings.HasSuffix(m, "')") && !strings.HasSuffix(m, "nodes )")
	case strings.Contains(t.Class, "Starlark$UncheckedEval"):
		return !strings.HasSuffix(m, ")") && !strings.HasSuffix(m, "Starlark evaluation")
	}
	return false
}

// parseThrowable reads "package.Class: message", "package.Class", and the
// same after "Exception in thread "x" ".
func parseThrowable(text string) (Throwable, bool) {
	if rest, ok := strings.CutPrefix(text, `Exception in thread "`); ok {
		if _, after, ok := strings.Cut(rest, `" `); ok {
			text = after
		}
	}
	class, message, _ := strings.Cut(text, ":")
	if !isClass(class) {
		return Throwable{}, false
	}
	return Throwable{Class: class, Message: strings.TrimPrefix(message, " ")}, true
}

// isClass reports whether s is a qualified class name: dotted, the last part
// with a capital.
func isClass(s string) bool {
	dot := strings.LastIndexByte(s, '.')
	if dot <= 0 || dot == len(s)-1 || s[dot+1] < 'A' || s[dot+1] > 'Z' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '$' || c == '_') {
			return false
		}
	}
	return s[0] >= 'a' && s[0] <= 'z'
}

// number is the leading decimal number of s, 0 if there is none.
func number(s string) int {
	n := 0
	for i := range min(digits(s), 9) {
		n = n*10 + int(s[i]-'0')
	}
	return n
}

// throwables is the chain without the Starlark lists of 4.x, which are frames.
func (s *stack) throwables() []Throwable {
	var out []Throwable
	for _, l := range s.chain {
		t := l.Throwable
		if i := strings.Index(t.Message, " (Starlark stack: ["); i >= 0 {
			t.Message = t.Message[:i]
		}
		out = append(out, t)
	}
	return out
}

// starlarkFrames is the Starlark stack nearest to the root cause.
func (s *stack) starlarkFrames() []StarlarkFrame {
	for i := len(s.chain) - 1; i >= 0; i-- {
		l := s.chain[i]
		if len(l.starlark) > 0 {
			return l.starlark
		}
		if frames, ok := parseStarlarkList(l.Message); ok && len(frames) > 0 {
			return frames
		}
	}
	return nil
}

// javaFrames is the whole stack of the innermost throwable. Java leaves out
// the frames that it shares with the throwable around it ("... 23 more"); they
// are the last ones there. A stack that was cut at its depth shares none, and
// goes on with the frames around it as far as they are known.
func (s *stack) javaFrames() []JavaFrame {
	var around []JavaFrame
	for _, l := range s.chain {
		own := l.java[:len(l.java):len(l.java)]
		switch {
		case l.hasMore:
			own = append(own, around[max(0, len(around)-l.more):]...)
		case len(own) == 0 && len(l.starlark) == 0 || len(own) >= maxDepth:
			own = append(own, around...)
		}
		if len(own) > 0 {
			around = own[:min(len(own), maxFrames)]
		}
	}
	return around
}
