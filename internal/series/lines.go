package series

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"example.invalid/starlark-memls/internal/input"
	"example.invalid/starlark-memls/internal/measurement"
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

// ReadLines reads the inflated text of a profile. A line may be of any
// length: Bazel writes an event a line, other tools put all into one.
func ReadLines(ctx context.Context, r io.Reader) (Lines, error) {
	var s lineScanner
	buffer := make([]byte, 64<<10)
	for {
		if err := ctx.Err(); err != nil {
			return s.lines, err
		}
		n, err := r.Read(buffer)
		for _, b := range buffer[:n] {
			s.next(b)
		}
		if err == io.EOF {
			s.endLine()
			return s.lines, nil
		}
		if err != nil {
			s.endLine()
			return s.lines, err
		}
	}
}

// A lineScanner reads byte by byte.
type lineScanner struct {
	lines    Lines
	field    []byte // the beginning of the current field
	previous byte
	gc       bool // the current line contains GC
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

// profileLines reads a profile's file, gzip or plain. What a cut stream still
// gave counts; the error says that it was cut.
func profileLines(ctx context.Context, path string) (Lines, error) {
	file, err := input.Open(ctx, path)
	if err != nil {
		return Lines{}, err
	}
	defer file.Close()
	text, err := inflated(file)
	if err != nil {
		return Lines{}, fmt.Errorf("%s: %w", path, err)
	}
	lines, err := ReadLines(ctx, text)
	if err != nil {
		return lines, fmt.Errorf("%s: %w", path, err)
	}
	return lines, nil
}

// inflated is the text of a file, which may be compressed.
func inflated(file io.Reader) (io.Reader, error) {
	buffered := bufio.NewReaderSize(file, 64<<10)
	if magic, _ := buffered.Peek(2); !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return buffered, nil
	}
	z, err := gzip.NewReader(buffered)
	if err != nil {
		return nil, err
	}
	return z, nil
}

// successWords stand in the console of a build that passed.
const successWords = "Build completed successfully"

// consoleSaysOK reports whether the first console has the words, as the
// origin looks for them.
func consoleSaysOK(ctx context.Context, m measurement.Measurement) (bool, error) {
	paths := m.Parts[measurement.Console]
	if len(paths) == 0 {
		return false, errors.New("no console")
	}
	file, err := input.Open(ctx, paths[0])
	if err != nil {
		return false, err
	}
	defer file.Close()
	text, err := inflated(file)
	if err != nil {
		return false, err
	}
	return contains(text, successWords)
}

// contains looks for words in a text of any length.
func contains(r io.Reader, words string) (bool, error) {
	buffer := make([]byte, 64<<10)
	kept := 0
	for {
		n, err := r.Read(buffer[kept:])
		text := buffer[:kept+n]
		if bytes.Contains(text, []byte(words)) {
			return true, nil
		}
		if err == io.EOF {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		tail := min(len(words)-1, len(text))
		copy(buffer, text[len(text)-tail:])
		kept = tail
	}
}
