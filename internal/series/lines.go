// SPDX-License-Identifier: Apache-2.0

package series

import (
	"bytes"
	"strconv"
	"strings"
)

// Lines is what the origin's stats.sh takes from the text of a profile,
// knowing nothing of JSON.
type Lines struct {
	// GC counts the lines that contain "GC".
	GC int64
	// FirstTS and LastTS are the first and the last "ts" in the order of the
	// file, in microseconds, as numbers in the text; HasTS: there is one.
	FirstTS, LastTS float64
	HasTS           bool
}

// Duration is the last "ts" minus the first, written as awk writes it: as a
// whole number where it is one. Without any "ts" it is 0, as there.
func (l Lines) Duration() string {
	if !l.HasTS {
		return "0"
	}
	d := l.LastTS - l.FirstTS
	if d == float64(int64(d)) {
		return strconv.FormatInt(int64(d), 10)
	}
	return strconv.FormatFloat(d, 'g', 6, 64)
}

// field is the beginning of a field that counts: the line is split at commas,
// and the last field of a line does not count.
const field = `"ts":`

// maxField bounds what is kept of a field: a number is never longer.
const maxField = 64

// A lineScanner takes the inflated text of a profile, in any pieces. A line may
// be of any length: Bazel writes an event a line, other tools put all into one.
type lineScanner struct {
	lines    Lines
	field    []byte // the beginning of the current field
	previous byte
	gc       bool // the current line contains GC
}

// Write takes the next piece. It never fails.
func (s *lineScanner) Write(text []byte) (int, error) {
	for _, b := range text {
		s.next(b)
	}
	return len(text), nil
}

// end is what was found.
func (s *lineScanner) end() Lines {
	s.endLine()
	return s.lines
}

func (s *lineScanner) next(b byte) {
	switch b {
	case '\n':
		s.endLine()
		return
	case ',':
		s.endField()
	default:
		if len(s.field) < maxField {
			s.field = append(s.field, b)
		}
		s.gc = s.gc || s.previous == 'G' && b == 'C'
	}
	s.previous = b
}

func (s *lineScanner) endField() {
	if value, ok := bytes.CutPrefix(s.field, []byte(field)); ok {
		ts := leadingNumber(string(value))
		if !s.lines.HasTS {
			s.lines.FirstTS, s.lines.HasTS = ts, true
		}
		s.lines.LastTS = ts
	}
	s.field = s.field[:0]
}

func (s *lineScanner) endLine() {
	if s.gc {
		s.lines.GC++
	}
	s.gc, s.previous, s.field = false, 0, s.field[:0]
}

// leadingNumber is a text's value as awk takes it: that of the number it
// begins with, 0 for none.
func leadingNumber(text string) float64 {
	text = strings.TrimLeft(text, " \t")
	for end := len(text); end > 0; end-- {
		if n, err := strconv.ParseFloat(text[:end], 64); err == nil {
			return n
		}
	}
	return 0
}
