// SPDX-License-Identifier: Apache-2.0

package report

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/internal/input"
	"example.invalid/starlark-memls/starlark"
)

// Options say how a report is written. The zero value is usable.
type Options struct {
	// Root is the directory that paths are written relative to, with forward
	// slashes, where they lie below it; "" leaves them absolute.
	Root string
	// Sources is the workspace that files of heaps are relative to, where they
	// are relative; "" where that is not known.
	Sources string
	// Above lets a path outside Root be written from it with "..", where that
	// is shorter: for one who stands there.
	Above bool
	// Top is how many suspects are written; 0 is the format's default.
	Top int
	// Width is how many columns the terminal has; 0 is 80.
	Width int
	// Color allows graphic renditions (bold, colours), Links OSC 8 links.
	Color, Links bool
	// Repeat writes the answer once more at the end, where a terminal shows
	// the end.
	Repeat bool
	// Sections are the parts of the text to write, of ParseSections; none is
	// all. Full writes them at their full length: without it the text is one
	// for the first look, and says what it has left out.
	Sections []string
	Full     bool
	// Previews shows how values of variables begin: on a terminal, to whoever
	// holds the heap dump, and not in what a log keeps.
	Previews bool
	// Version is the program's, which JSON and Markdown name; "" is not named.
	Version string
	// ReadFile reads a source for an excerpt; nil reads the disk. The
	// language server gives one that knows the open buffers.
	ReadFile func(path string) ([]byte, error)
}

func (o Options) read(path string) ([]byte, error) {
	if o.ReadFile != nil {
		return o.ReadFile(path)
	}
	return input.ReadFile(context.Background(), path, maxExcerpt)
}

// maxExcerpt bounds a source that a line is quoted from, in bytes.
const maxExcerpt = 32 << 20

// path is a path as the report writes it.
func (o Options) path(p string) string {
	if p == "" {
		return ""
	}
	if o.Root != "" && filepath.IsAbs(p) {
		rel, err := filepath.Rel(o.Root, p)
		outside := rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator))
		if err == nil && (!outside || o.Above && len(rel) < len(p)) {
			return filepath.ToSlash(rel)
		}
	}
	return filepath.ToSlash(p)
}

// heapFile is the file of a holder as the report writes it.
func (o Options) heapFile(file string) string {
	if file != "" && o.Sources != "" && !filepath.IsAbs(file) {
		at := filepath.Join(o.Sources, filepath.FromSlash(file))
		if info, err := os.Stat(at); err == nil && info.Mode().IsRegular() {
			return o.path(at)
		}
	}
	return o.path(file)
}

// Path is a path as the options want it written.
func (o Options) Path(p string) string { return o.path(p) }

// place is "file:line" of a definition.
func (o Options) place(d *starlark.Definition) string {
	return o.path(d.File) + ":" + strconv.Itoa(d.NameRange.Start.Line)
}

// where is the place of a suspect in words: its definition, or what is known
// instead of one.
func (o Options) where(s *attribution.Suspect) string {
	switch {
	case s.Unseen > 0 && s.Definition == nil:
		return "source perhaps not here"
	case s.Unseen > 0:
		return o.place(s.Definition) + " (probably)"
	case s.Inferred():
		return fmt.Sprintf("%s (%s)", o.place(s.Definition), s.Posterior[0].Chance())
	case s.Definition != nil:
		return o.place(s.Definition)
	case len(s.Candidates) > 0:
		return strconv.Itoa(len(s.Candidates)) + " candidates"
	case s.PrintedFile != "":
		return o.printed(s)
	}
	return "no source"
}

// printed is the place of a suspect whose source is not here, as stacks give it:
// with the line where they agree on one, and without the output base of the
// machine that printed it, which tells nobody anything.
func (o Options) printed(s *attribution.Suspect) string {
	file := o.path(s.PrintedFile)
	if _, rest, external := strings.Cut(file, "/external/"); external {
		file = "external/" + rest
	}
	line := 0
	for i := range s.Lines {
		switch {
		case s.Lines[i].CrashFrames == 0:
		case line > 0:
			return file
		default:
			line = s.Lines[i].Line
		}
	}
	if line == 0 {
		return file
	}
	return file + ":" + strconv.Itoa(line)
}

// top limits suspects to n, and to fallback where n is 0; negative is all.
func top(all []attribution.Suspect, n, fallback int) []attribution.Suspect {
	if n == 0 {
		n = fallback
	}
	if n < 0 || n > len(all) {
		return all
	}
	return all[:n]
}
