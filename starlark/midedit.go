// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"bytes"
	"os"
	"slices"
	"unicode/utf8"
)

// A buffer in mid-edit.
//
// While somebody types, a file is broken more often than not, and the tolerant
// parser knows of the broken chunk only what its lines show: a rule's
// implementation, the lambdas, the end of a function may be missing until the
// parenthesis is closed. What the file was before its last sound state fills
// the gap: the newest summary without a fault is moved along with every edit,
// line by line, and where the new text is broken, its definitions are taken
// instead, provided that the text still has their names where they should be.

// keepSound completes the summary of a broken buffer from what the file was.
func (s *source) keepSound(before *source) {
	sound := before.sound
	if before.sum.fault == nil {
		sound = before.sum
	}
	if sound == nil || before.problem != nil {
		return
	}
	text := before.text()
	if text == nil {
		return
	}
	now := clean(s.overlay)
	m := lineMapOf(clean(text), now)
	s.sound = m.summary(sound)
	s.sound.endWithin(now)
	s.sum = fill(s.sum, s.sound, &checker{text: now})
}

// endWithin moves what was kept into the lines that it stands in now: an edit
// may have cut them.
func (s *fileSummary) endWithin(text []byte) {
	lines := bytes.Split(text, []byte{'\n'})
	cut := func(line int32, col *int32) {
		if line >= 1 && int(line) <= len(lines) {
			*col = min(*col, int32(utf8.RuneCount(bytes.TrimSuffix(lines[line-1], []byte{'\r'}))+1))
		}
	}
	keep := func(sp *span) {
		cut(sp.startLine, &sp.startCol)
		cut(sp.endLine, &sp.endCol)
		if sp.endLine == sp.startLine {
			sp.endCol = max(sp.endCol, sp.startCol)
		}
	}
	for i := range s.functions {
		f := &s.functions[i]
		keep(&f.span)
		keep(&f.nameSpan)
		for j := range f.bindings {
			keep(&f.bindings[j].span)
			keep(&f.bindings[j].nameSpan)
		}
	}
}

// text is the text that a source was read from, nil where it is gone.
func (s *source) text() []byte {
	if s.overlay != nil {
		return s.overlay
	}
	info, err := os.Stat(s.path)
	if err != nil || stampOf(info) != s.stamp {
		return nil
	}
	text, err := read(s.path, s.stamp.size, nil)
	if err != nil {
		return nil
	}
	return text
}

// A lineMap tells where lines went: those before the edit stay, those behind
// it move by delta, those inside stay as long as there is room for them.
type lineMap struct {
	same  int32 // lines before the first difference
	tail  int32 // first old line behind the last difference
	delta int32
}

// lineMapOf compares two texts by their common beginning and end.
func lineMapOf(before, now []byte) lineMap {
	n := 0
	for n < len(before) && n < len(now) && before[n] == now[n] {
		n++
	}
	n = bytes.LastIndexByte(before[:n], '\n') + 1
	a, b := before[n:], now[n:]
	k := 0
	for k < len(a) && k < len(b) && a[len(a)-1-k] == b[len(b)-1-k] {
		k++
	}
	same := int32(bytes.Count(before[:n], []byte{'\n'}))
	m := lineMap{same: same, delta: int32(bytes.Count(now, []byte{'\n'}) - bytes.Count(before, []byte{'\n'}))}
	// The tail begins at the first line start in the common end.
	from := len(a) - k
	if !atLineStart(a, from) || !atLineStart(b, len(b)-k) {
		next := bytes.IndexByte(a[from:], '\n')
		if next < 0 {
			m.tail = same + int32(bytes.Count(a, []byte{'\n'})) + 2
			return m
		}
		from += next + 1
	}
	m.tail = same + int32(bytes.Count(a[:from], []byte{'\n'})) + 1
	return m
}

func atLineStart(text []byte, i int) bool { return i == 0 || text[i-1] == '\n' }

// line is where an old line is now.
func (m lineMap) line(old int32) int32 {
	switch {
	case old <= m.same:
		return old
	case old >= m.tail:
		return old + m.delta
	}
	return max(m.same+1, min(old, m.tail+m.delta-1))
}

func (m lineMap) span(s span) span {
	s.startLine, s.endLine = m.line(s.startLine), m.line(s.endLine)
	return s
}

// summary is a copy with every line moved. Expressions are shared.
func (m lineMap) summary(s *fileSummary) *fileSummary {
	out := *s
	out.functions = slices.Clone(s.functions)
	for i := range out.functions {
		f := &out.functions[i]
		f.span, f.nameSpan = m.span(f.span), m.span(f.nameSpan)
		f.bindings = slices.Clone(f.bindings)
		for j := range f.bindings {
			b := &f.bindings[j]
			b.span, b.nameSpan = m.span(b.span), m.span(b.nameSpan)
		}
		f.callSites = slices.Clone(f.callSites)
		for j := range f.callSites {
			c := &f.callSites[j]
			c.span, c.nameSpan = m.span(c.span), m.span(c.nameSpan)
		}
	}
	out.loads = slices.Clone(s.loads)
	for i := range out.loads {
		out.loads[i].span = m.span(out.loads[i].span)
	}
	out.items = slices.Clone(s.items)
	for i := range out.items {
		l := &out.items[i].lines
		l.first, l.last = m.line(l.first), m.line(l.last)
	}
	return &out
}

// A checker finds names in a text by line.
type checker struct {
	text  []byte
	lines []int // offsets of line starts, made when first asked
}

// has reports whether the place still holds the name. A place that moved
// within its line is corrected.
func (c *checker) has(s *span, name string) bool {
	if c.lines == nil {
		c.lines = []int{0}
		for i, b := range c.text {
			if b == '\n' {
				c.lines = append(c.lines, i+1)
			}
		}
	}
	if s.startLine < 1 || int(s.startLine) > len(c.lines) {
		return false
	}
	line := c.text[c.lines[s.startLine-1]:]
	if n := bytes.IndexByte(line, '\n'); n >= 0 {
		line = line[:n]
	}
	for from := 0; ; {
		i := bytes.Index(line[from:], []byte(name))
		if i < 0 {
			return false
		}
		i += from
		end := i + len(name)
		if (i == 0 || !isWordByte(line[i-1])) && (end == len(line) || !isWordByte(line[end])) {
			col := int32(1 + utf8.RuneCount(line[:i]))
			s.startCol, s.endCol = col, col+int32(utf8.RuneCountInString(name))
			return true
		}
		from = end
	}
}

// fill puts the broken ranges of a summary together from the sound one. The
// statements that parsed are taken as they are.
func fill(broken, sound *fileSummary, check *checker) *fileSummary {
	a := newAssembly(broken)
	taken := make([]bool, len(sound.items))
	for i := range broken.items {
		it := &broken.items[i]
		if !broken.isBroken(it.lines.first) {
			a.add(broken, it, nil)
			continue
		}
		name := broken.firstName(it)
		replaced := false
		for j := range sound.items {
			old := &sound.items[j]
			if !taken[j] && name != "" && sound.firstName(old) == name && broken.isBroken(old.lines.first) {
				taken[j] = true
				replaced = a.add(sound, old, check)
				break
			}
		}
		if !replaced {
			a.add(broken, it, nil)
		}
	}
	for j := range sound.items {
		old := &sound.items[j]
		if !taken[j] && broken.isBroken(old.lines.first) && !a.defines(sound, old) {
			a.add(sound, old, check)
		}
	}
	return a.finish(broken)
}

// isBroken reports whether a line lies in a range that did not parse.
func (s *fileSummary) isBroken(line int32) bool {
	return slices.ContainsFunc(s.broken, func(r lineRange) bool { return r.first <= line && line <= r.last })
}

// firstName is what a statement defines, or "".
func (s *fileSummary) firstName(it *item) string {
	for i := it.functions[0]; i < it.functions[1]; i++ {
		if f := &s.functions[i]; f.parent == 0 && f.kind == Function {
			return f.name
		}
	}
	if it.bindings[0] < it.bindings[1] {
		return s.functions[0].bindings[it.bindings[0]].name
	}
	return ""
}
