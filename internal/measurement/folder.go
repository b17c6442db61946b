// SPDX-License-Identifier: Apache-2.0

package measurement

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"example.invalid/starlark-memls/internal/bazel/outputbase"
	"example.invalid/starlark-memls/internal/input"
)

// What a folder is, is told by what is in it:
//
//   - measurement.json, or files that are evidence, no kind twice that a
//     build leaves once: a measurement. Its subfolders are not looked at.
//   - several profiles, consoles or BEP files: a collection of bare files, a
//     measurement each.
//   - no evidence of its own: a series; its subfolders are looked at in turn.
//
// The bounds keep a mistaken path (a home folder, a source tree) from being
// searched for minutes; reaching one is said.
const (
	recordName    = "measurement.json"
	maxDepth      = 6
	maxEntries    = 4096   // files looked into in one folder
	maxFound      = 10_000 // measurements of one path
	maxRecordSize = 1 << 20
)

// walk is one search of a folder.
type walk struct {
	ctx      context.Context
	seen     map[string]bool // folders entered, links resolved
	found    []Measurement
	warnings []Warning
	full     bool
}

// folder looks at one folder and, where it is no measurement, below it. The
// error is only that of the folder first asked for, or of the context.
func (w *walk) folder(dir string, depth int) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		if w.seen[real] {
			return nil // a link in a circle, or a second way here
		}
		w.seen[real] = true
	}
	list, warnings, err := partsIn(w.ctx, dir)
	w.warnings = append(w.warnings, warnings...)
	if err != nil {
		if depth == 0 {
			return readable(err, dir)
		}
		w.warn(dir, readable(err, dir))
		return nil
	}
	if len(list) > 0 {
		return w.add(list)
	}
	return w.below(dir, depth)
}

// below looks at the subfolders of a folder.
func (w *walk) below(dir string, depth int) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil // told by folder
	}
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		if info, err := os.Stat(path); err != nil || !info.IsDir() || strings.HasPrefix(entry.Name(), ".") || w.away(dir, entry) {
			continue
		}
		if depth+1 >= maxDepth {
			w.warnings = append(w.warnings, Warning{Path: path, Message: fmt.Sprintf("not looked into: more than %d folders deep", maxDepth)})
			return nil
		}
		if err := w.folder(path, depth+1); err != nil {
			return err
		}
		if w.full {
			return nil
		}
	}
	return nil
}

// away reports whether an entry is a link that leads around the folder that it
// is in, or among the kernel's files.
func (w *walk) away(dir string, entry os.DirEntry) bool {
	if entry.Type()&os.ModeSymlink == 0 {
		return false
	}
	real, err := filepath.EvalSymlinks(filepath.Join(dir, entry.Name()))
	if err != nil {
		return true
	}
	here, err := filepath.EvalSymlinks(dir)
	return err != nil || input.Around(real, here)
}

func (w *walk) add(list []Measurement) error {
	for _, m := range list {
		if len(w.found) == maxFound {
			if !w.full {
				w.warnings = append(w.warnings, Warning{Path: m.Path, Message: fmt.Sprintf("not read, nor what follows: more than %d measurements", maxFound)})
			}
			w.full = true
			return nil
		}
		w.found = append(w.found, m)
	}
	return nil
}

func (w *walk) warn(path string, err error) {
	w.warnings = append(w.warnings, Warning{Path: path, Message: strings.TrimPrefix(err.Error(), path+": ")})
}

// openFolder reads a folder that is known to be one measurement.
func openFolder(ctx context.Context, dir string) (Measurement, []Warning, error) {
	list, warnings, err := partsIn(ctx, dir)
	if err != nil {
		return Measurement{}, warnings, err
	}
	if len(list) != 1 {
		return Measurement{}, warnings, fmt.Errorf("%s: %w", dir, ErrNothing)
	}
	return list[0], warnings, nil
}

// partsIn gives the measurements whose parts lie directly in dir.
func partsIn(ctx context.Context, dir string) ([]Measurement, []Warning, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, err
	}
	m := Measurement{Path: dir, Series: filepath.Dir(dir), Parts: map[Part][]string{}}
	var warnings []Warning
	looked := 0
	for _, entry := range meantFirst(entries) {
		path := filepath.Join(dir, entry.Name())
		if entry.IsDir() || strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		if looked++; looked > maxEntries {
			warnings = append(warnings, Warning{Path: dir, Message: fmt.Sprintf("only the first %d files were looked at", maxEntries)})
			break
		}
		if entry.Name() == recordName {
			if m.Record, err = readRecord(ctx, path); err != nil {
				warnings = append(warnings, Warning{Path: path, Message: err.Error()})
			}
			continue
		}
		kind, err := sniffEntry(ctx, path)
		if err != nil {
			if w := partWarning(path, err); w != nil {
				warnings = append(warnings, *w)
			}
			continue
		}
		if kind.Part == Console && !meantAsConsole(ctx, path) {
			continue
		}
		m.Parts[kind.Part] = append(m.Parts[kind.Part], path)
		if kind.Empty {
			m.Warnings = append(m.Warnings, emptyWarning(path))
		}
	}
	if len(m.Parts) == 0 && m.Record == nil {
		return nil, warnings, nil
	}
	if m.Record == nil && isCollection(m.Parts) {
		return bareFiles(ctx, m.Parts), warnings, nil
	}
	m.complete(ctx)
	return []Measurement{m}, warnings, nil
}

// meantFirst puts files that are evidence by their name before the others, so
// that the bound on how many are looked into does not cost them.
func meantFirst(entries []os.DirEntry) []os.DirEntry {
	slices.SortStableFunc(entries, func(a, b os.DirEntry) int {
		return cmp.Compare(strangeness(a.Name()), strangeness(b.Name()))
	})
	return entries
}

func strangeness(name string) int {
	if name == recordName || partOfName(name) != "" {
		return 0
	}
	return 1
}

// complete fills what the parts tell cheaply.
func (m *Measurement) complete(ctx context.Context) {
	for _, paths := range m.Parts {
		newestPathFirst(paths)
	}
	m.Ended = newestTime(m.Parts)
	if m.Record != nil {
		m.InvocationID = m.Record.InvocationID
		m.Command = commandOf(m.Record.Command)
		m.elsewhere(ctx)
		if m.Record.End != nil {
			m.Ended = *m.Record.End
		}
	}
	if m.InvocationID == "" && len(m.Parts[Profile]) > 0 {
		m.InvocationID = outputbase.ProfileInvocation(m.Parts[Profile][0])
	}
}

// commandOf is Bazel's command in a recorded command line.
func commandOf(line []string) string {
	if len(line) < 2 {
		return ""
	}
	for _, word := range line[1:] {
		if !strings.HasPrefix(word, "-") {
			return word
		}
	}
	return ""
}

// elsewhere adds the heap dumps that the record names and that are still there.
func (m *Measurement) elsewhere(ctx context.Context) {
	for _, path := range m.Record.HeapDumps {
		if kind, err := Sniff(ctx, path); err == nil && kind.Part == HeapDump {
			m.Parts[HeapDump] = append(m.Parts[HeapDump], path)
		}
	}
}

// isCollection reports whether there are more files of a kind than one build
// leaves.
func isCollection(parts map[Part][]string) bool {
	return len(parts[Profile]) > 1 || len(parts[BuildEvents]) > 1 || len(parts[Console]) > 3 ||
		len(parts[Console]) > 1 && !slices.ContainsFunc(parts[Console], func(p string) bool {
			return slices.Contains([]string{"console", "command.log", "jvm.out"}, filepath.Base(p))
		})
}

func bareFiles(ctx context.Context, parts map[Part][]string) []Measurement {
	var paths []string
	for _, list := range parts {
		paths = append(paths, list...)
	}
	slices.Sort(paths)
	var list []Measurement
	for _, path := range paths {
		if m, err := openFile(ctx, path); err == nil {
			list = append(list, m)
		}
	}
	return list
}

// partWarning tells of a file that is meant as evidence by its name and is
// none. Any other file is nobody's business.
func partWarning(path string, err error) *Warning {
	if partOfName(filepath.Base(path)) == "" {
		return nil
	}
	var unknown *UnknownFormatError
	if errors.As(err, &unknown) && partOfName(filepath.Base(path)) == Console {
		return nil // *.log is anybody's name
	}
	return &Warning{Path: path, Message: strings.TrimPrefix(readable(err, path).Error(), path+": ")}
}

// sniffEntry is Sniff for a file of a folder: only what a log may be called is
// read on behind its beginning.
func sniffEntry(ctx context.Context, path string) (FileKind, error) {
	if partOfName(filepath.Base(path)) == Console || logName.MatchString(filepath.Base(path)) {
		return sniff(ctx, path, maxEntryBytes)
	}
	return sniffHead(ctx, path)
}

// logName is what CI systems and people call logs, besides the names that
// Bazel gives; stepLog what GitHub calls those of a job's steps in an archive.
var (
	logName = regexp.MustCompile(`(?i)^(stderr|stdout|crash.*|.*console.*|(.*[-_. ])?logs?|.*\.(txt|out|err))(\.gz)?$`)
	stepLog = regexp.MustCompile(`^[0-9]+_.*\.txt$`)
)

// meantAsConsole keeps notes and scripts that quote Bazel from being read as
// its console: a name says it, or, of a text, that Bazel itself speaks in it.
func meantAsConsole(ctx context.Context, path string) bool {
	name := filepath.Base(path)
	lower := strings.ToLower(strings.TrimSuffix(name, ".gz"))
	switch {
	case partOfName(name) == Console, strings.Contains(lower, "console"), strings.HasPrefix(lower, "stderr"),
		strings.HasPrefix(lower, "stdout"), strings.HasPrefix(lower, "crash"), stepLog.MatchString(name):
		return true
	}
	return logName.MatchString(name) && bazelSpeaks(ctx, path, maxEntryBytes)
}

// newestPathFirst orders files by time, the newest first.
func newestPathFirst(paths []string) {
	times := make(map[string]time.Time, len(paths))
	for _, path := range paths {
		times[path] = modified(path)
	}
	slices.SortStableFunc(paths, func(a, b string) int { return times[b].Compare(times[a]) })
}

func modified(path string) time.Time {
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// newestTime is the latest time of modification of all parts.
func newestTime(parts map[Part][]string) time.Time {
	var newest time.Time
	for _, paths := range parts {
		for _, path := range paths {
			if t := modified(path); t.After(newest) {
				newest = t
			}
		}
	}
	return newest
}
