package console

import (
	"io"
	"strings"
)

// What stands before Bazel's words on a line of a log. A timestamp has a
// grammar (timestamp.go); the rest is whatever a collector was told to write:
//
//	[0] text                            concurrently
//	Step #3 - "bazel": text             Cloud Build
//	+ 00:00:07 text                     drone
//	#12 5.123 text                      BuildKit
//	build-7f9c8 runner text             stern, kubectl --prefix
//	Dec 01 10:11:12 host bazel[9]: text journald
//	  | text                            Buildkite's page, copied
//	  123  text                         a viewer's line numbers
//
// No list of those ends, so the prefix is learnt: on a line that holds words
// which are Bazel's alone, what stands before them is one. Its shape, in which
// numbers and levels may differ, is then cut off every line that has it. What
// looks like a label is believed at once, anything else when a second line of
// Bazel's stands behind the same shape; until then lines are held back.

const (
	maxPrefix = 240
	maxShapes = 8
	// maxHeld and maxHeldBytes bound what waits for a second witness.
	maxHeld      = 64
	maxHeldBytes = 1 << 20
)

// An unprefixer is the stage between the lines of a file and the parsers.
type unprefixer struct {
	in     *lineReader
	shapes []prefixShape // known, the last one used first
	// held are the lines since the first whose prefix is doubtful.
	held      []line
	heldBytes int
	doubts    []doubt
	ready     []line // to be handed out, as they are
	err       error  // of in, after the lines that are held
}

// A doubt is a prefix that one line has shown.
type doubt struct {
	shape prefixShape
	text  string
	at    int // where Bazel's words begin
}

func newUnprefixer(in *lineReader) *unprefixer { return &unprefixer{in: in} }

// next returns the next line without prefix.
func (u *unprefixer) next() (line, error) {
	for {
		if len(u.ready) > 0 {
			l := u.ready[0]
			u.ready = u.ready[1:]
			return u.strip(l), nil
		}
		if u.err != nil {
			return line{}, u.err
		}
		l, err := u.in.next()
		if err != nil {
			u.err = err
			u.release()
			continue
		}
		if u.take(l) {
			return u.strip(l), nil
		}
	}
}

// take learns from a line. It reports whether the line may go on at once.
func (u *unprefixer) take(l line) bool {
	learnt := false
	if prefix, found := prefixOf(l.text); found && !u.known(l.text) {
		learnt = u.witness(doubt{shapeOf(prefix), l.text, len(prefix)})
	}
	if len(u.doubts) == 0 && !learnt {
		return true
	}
	u.held = append(u.held, l)
	u.heldBytes += len(l.text)
	if learnt || len(u.held) >= maxHeld || u.heldBytes > maxHeldBytes {
		u.release()
	}
	return false
}

// witness takes a prefix that is not known. It reports whether it is now.
func (u *unprefixer) witness(w doubt) bool {
	prefix := w.text[:w.at]
	if _, sure := wordsAt(w.text); prefixLike(prefix) && (sure || !strings.ContainsFunc(prefix, isLetter)) {
		u.learn(w.shape)
		return true
	}
	for _, d := range u.doubts {
		if d.shape.before(w.text, w.at) {
			u.learn(d.shape)
			return true
		}
		if w.shape.before(d.text, d.at) {
			u.learn(w.shape)
			return true
		}
	}
	u.doubts = append(u.doubts, w)
	return false
}

// release ends the wait: what was held goes on.
func (u *unprefixer) release() {
	u.ready, u.held = u.held, nil
	u.heldBytes, u.doubts = 0, nil
}

func (u *unprefixer) learn(s prefixShape) {
	if len(u.shapes) == maxShapes {
		u.shapes = u.shapes[1:]
	}
	u.shapes = append(u.shapes, s)
}

func (u *unprefixer) known(text string) bool {
	for _, s := range u.shapes {
		if _, ok := s.cut(text); ok {
			return true
		}
	}
	return false
}

// strip cuts a known prefix, and a timestamp in it or behind it.
func (u *unprefixer) strip(l line) line {
	for i := len(u.shapes) - 1; i >= 0; i-- {
		rest, ok := u.shapes[i].cut(l.text)
		if !ok {
			continue
		}
		if l.time == "" {
			l.time = stampIn(l.text[:len(l.text)-len(rest)])
		}
		stamp, after := cutStamp(rest)
		l.text, l.time = after, firstOf(l.time, stamp)
		break
	}
	return l
}

// stampIn is the first timestamp in a prefix.
func stampIn(prefix string) string {
	for i := range len(prefix) {
		if prefix[i] < '0' || prefix[i] > '9' || i > 0 && prefix[i-1] >= '0' && prefix[i-1] <= '9' {
			continue
		}
		if n := stampLength(prefix[i:]); n > 0 {
			return prefix[i : i+n]
		}
	}
	return ""
}

// prefixOf is what stands before Bazel's words, where such are in text and
// something stands before them.
func prefixOf(text string) (prefix string, found bool) {
	at, _ := wordsAt(text)
	at = withoutStamp(text, at)
	if at <= 0 || strings.TrimSpace(text[:at]) == "" || !mayEndPrefix(text[:at]) {
		return "", false
	}
	return text[:at], true
}

// withoutStamp moves the end of a prefix before a timestamp at its end: not
// every line of Bazel's has one.
func withoutStamp(text string, end int) int {
	for i := max(0, end-160); i < end; i++ {
		if _, rest, ok := oneStamp(text[i:]); ok && len(text)-len(rest) == end {
			return i
		}
	}
	return end
}

// mayEndPrefix: a quotation mark or a letter right before Bazel's words is a
// sentence about them.
func mayEndPrefix(prefix string) bool {
	return strings.IndexByte(" \t]|>):", prefix[len(prefix)-1]) >= 0
}

// prefixLike reports whether a prefix is a collector's beyond doubt: a short
// run that ends like a label ("web_1  |", "[job]", "12>"), or one without
// words ("+ 00:00:01", "  123").
func prefixLike(s string) bool {
	t := strings.TrimRight(s, " \t")
	if len(s) > 120 || t == "" {
		return t == ""
	}
	if !strings.ContainsFunc(t, isLetter) {
		return !strings.ContainsAny(t, "'\"`") && strings.ContainsAny(t, "0123456789|>+")
	}
	if strings.HasPrefix(t, "##[") { // GitHub, Azure: ##[error]
		t = t[2:]
	}
	if len(t) == len(strings.TrimPrefix(s, "##")) && t[len(t)-1] != ']' && t[len(t)-1] != '|' {
		return false
	}
	return strings.IndexByte("]|>:)", t[len(t)-1]) >= 0 && !strings.ContainsAny(t, "'\"`#*")
}

func isLetter(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= 0x80
}

// bazelWords are what no other program prints, each as it begins a line.
var bazelWords = [...]string{
	"INFO: Invocation ID: ", "INFO: Analyzed ", "INFO: Elapsed time: ", "INFO: Build completed ", "INFO: Options provided by ",
	"INFO: Build option ", "INFO: Streaming build results ", "INFO: Writing tracer profile ",
	"FAILED: Build did NOT complete ", "ERROR: Build did NOT complete ", "ERROR: Analysis of target ", "ERROR: build interrupted",
	"Starting local Bazel server", "Extracting Bazel installation", "Computing main repo mapping:", "Bazel caught ",
	"net.starlark.java.eval.", "at <starlark>.", "at net.starlark.java.", "at com.google.devtools.build.lib.",
}

// otherWords are Bazel's too, and may be somebody else's.
var otherWords = [...]string{
	"INFO: Reading ", "INFO: Found ", "INFO: Current date is ", "INFO: Repository ", "Loading: ", "Analyzing: ", "ERROR: /", "ERROR: An error occurred during ",
	"ERROR: error loading package ", "ERROR: Skipping ", "ERROR: Evaluation of ", "# Rule ", "# /",
	"Traceback (most recent call last):", "java.lang.OutOfMemoryError", "java.lang.StackOverflowError", "Exception in thread ",
	"Exception: java.lang.", "Caused by: ", "Dumping heap to ",
}

var severities = [...]string{"INFO: ", "ERROR: ", "WARNING: ", "DEBUG: "}

// wordsAt is where Bazel's words begin in text, -1 where it has none; sure is
// whether they are nobody else's.
func wordsAt(text string) (at int, sure bool) {
	text = text[:min(len(text), maxPrefix+200)]
	if k, at := headerOf(text); k != none && at <= maxPrefix {
		return at, true
	}
	severity := -1 // where an error begins that tells of the words
	for i := 0; i < len(text) && i <= maxPrefix; i++ {
		list := wordsBy[text[i]]
		if list == nil || i > 0 && isLetter(rune(text[i-1])) {
			continue
		}
		for _, w := range list {
			switch {
			case !strings.HasPrefix(text[i:], w.text):
			case !w.severity && severity >= 0:
				return severity, w.sure
			case !w.severity:
				return i, w.sure
			case severity < 0:
				severity = i
			}
		}
	}
	return -1, false
}

// A word of Bazel's, for wordsAt.
type word struct {
	text           string
	sure, severity bool
}

// wordsBy are the words by their first byte, those that tell most first.
var wordsBy = func() (by [256][]word) {
	for _, text := range bazelWords {
		by[text[0]] = append(by[text[0]], word{text: text, sure: true})
	}
	for _, text := range otherWords {
		by[text[0]] = append(by[text[0]], word{text: text})
	}
	for _, text := range severities {
		by[text[0]] = append(by[text[0]], word{text: text, severity: true})
	}
	return by
}()

// A prefixShape is a prefix with its variable parts taken out.
type prefixShape []piece

// A piece is a run of one kind: digits and blanks may differ in length, a
// level may be another one, other text is as it stands.
type piece struct {
	kind pieceKind
	text string
}

type pieceKind int

const (
	literal pieceKind = iota
	run               // of digits
	blanks
	level
)

var levels = [...]string{
	"WARNING", "SEVERE", "NOTICE", "TRACE", "DEBUG", "FATAL", "ERROR", "INFO", "WARN",
	"stdout", "stderr", "warning", "error", "debug", "info", "warn",
}

func levelLength(s string) int {
	for _, l := range levels {
		if strings.HasPrefix(s, l) && (len(s) == len(l) || !isLetter(rune(s[len(l)]))) {
			return len(l)
		}
	}
	return 0
}

func blankLength(s string) int { return len(s) - len(strings.TrimLeft(s, " \t")) }

// shapeOf takes a prefix apart.
func shapeOf(prefix string) prefixShape {
	var s prefixShape
	word := false // inside a word, of which a level may be a part
	for i := 0; i < len(prefix); {
		p := piece{kind: literal}
		n := 1
		switch {
		case digits(prefix[i:]) > 0:
			p.kind, n = run, digits(prefix[i:])
		case blankLength(prefix[i:]) > 0:
			p.kind, n = blanks, blankLength(prefix[i:])
		case !word && levelLength(prefix[i:]) > 0:
			p.kind, n = level, levelLength(prefix[i:])
		}
		word = p.kind == literal && isLetter(rune(prefix[i]))
		p.text = prefix[i : i+n]
		if last := len(s) - 1; last >= 0 && p.kind == literal && s[last].kind == literal {
			s[last].text += p.text
		} else {
			s = append(s, p)
		}
		i += n
	}
	return s
}

// cut cuts a prefix of this shape off text. The blanks at a prefix's end are
// cut as they stood where it was learnt: more of them are indentation.
func (s prefixShape) cut(text string) (rest string, ok bool) {
	for i, p := range s {
		n := 0
		switch p.kind {
		case run:
			n = digits(text)
		case level:
			n = levelLength(text)
		case blanks:
			if i == len(s)-1 {
				if text == "" {
					return "", true // trailing blanks were trimmed
				}
				rest, ok = strings.CutPrefix(text, p.text)
				return rest, ok
			}
			if n = blankLength(text); n == 0 {
				if k := s[i+1].kind; k == run {
					continue // padding
				}
				return text, false
			}
		default:
			if strings.HasPrefix(text, p.text) {
				n = len(p.text)
			}
		}
		if n == 0 {
			return text, false
		}
		text = text[n:]
	}
	return text, true
}

// before reports whether text has a prefix of this shape up to at, or up to
// the indentation before it.
func (s prefixShape) before(text string, at int) bool {
	rest, ok := s.cut(text)
	end := len(text) - len(rest)
	return ok && end <= at && strings.TrimLeft(text[end:at], " \t") == ""
}

// Speaks reports whether Bazel speaks in a text, wherever it begins to, within
// the first limit bytes. It streams. Words of Bazel's that a sentence quotes
// do not count.
func Speaks(r io.Reader, limit int64) bool {
	lines := newLineReader(io.LimitReader(r, limit))
	u := newUnprefixer(lines)
	for {
		l, err := u.next()
		if err != nil {
			return false
		}
		if at, sure := wordsAt(strings.TrimLeft(l.text, " \t")); at == 0 && sure {
			return true
		}
	}
}
