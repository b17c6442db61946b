// SPDX-License-Identifier: Apache-2.0

package measurement

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"example.invalid/starlark-memls/internal/bazel/outputbase"
	"example.invalid/starlark-memls/internal/plain"
)

// A Warning says what is wrong with a path, and what to do.
type Warning struct {
	Path    string // what it is about
	Message string // one line; it does not repeat the path
}

// String is the line a user reads.
func (w Warning) String() string { return plain.Path(w.Path + ": " + w.Message) }

// ErrNothing says that a path holds no evidence of a build.
var ErrNothing = errors.New("no evidence of a Bazel build here; give a measurement folder, a profile.gz, a console log, a BEP, pprof or hprof file, or an output base")

// Open tells what a path holds: a measurement folder (this program's or the
// origin's), a folder of them to any depth (a series), a folder of bare
// files, an output base, or a bare file. Measurements come in the order of
// their paths; those of an output base with the current one first.
//
// No large file is read: what a file is, is told by its head. What is wrong
// with a part of what is there is a warning; the error means that the path
// gave nothing at all, and is one line that names it.
func Open(ctx context.Context, path string) ([]Measurement, []Warning, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, nil, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, readable(err, path)
	}
	if !info.IsDir() {
		m, err := openFile(ctx, path)
		if err != nil {
			return nil, nil, err
		}
		return []Measurement{m}, nil, nil
	}
	if ob, err := outputbase.Open(path); err == nil {
		return openOutputBase(ctx, ob)
	} else if !errors.Is(err, outputbase.ErrNotOutputBase) {
		return nil, nil, readable(err, path)
	}
	w := walk{ctx: ctx, seen: map[string]bool{}}
	if err := w.folder(path, 0); err != nil {
		return nil, w.warnings, err
	}
	if len(w.found) == 0 {
		if len(w.warnings) != 1 {
			return nil, w.warnings, fmt.Errorf("%s: %w", path, ErrNothing)
		}
		// One line is enough where one thing is wrong, the only file in it
		// or the folder itself.
		only := w.warnings[0]
		if only.Path != path {
			return nil, nil, errors.New(only.String())
		}
		return nil, nil, fmt.Errorf("%s; %w", only, ErrNothing)
	}
	return w.found, w.warnings, nil
}

func openOutputBase(ctx context.Context, ob *outputbase.OutputBase) ([]Measurement, []Warning, error) {
	current, older, err := FromOutputBase(ctx, ob)
	if err != nil {
		return nil, nil, err
	}
	var warnings []Warning
	for _, text := range ob.Warnings {
		warnings = append(warnings, Warning{Path: ob.Dir, Message: text})
	}
	var list []Measurement
	if current.Command != "" || len(current.Parts) > 0 {
		// Without parts, too: that the last build passed is a fact.
		list = append(list, current)
	}
	list = append(list, older...)
	if len(list) == 0 {
		return nil, warnings, fmt.Errorf("%s: no build has left evidence in this output base", ob.Dir)
	}
	return list, warnings, nil
}

// openFile makes a measurement of a bare file.
func openFile(ctx context.Context, path string) (Measurement, error) {
	if filepath.Base(path) == recordName {
		// The record of a folder stands for the folder.
		m, _, err := openFolder(ctx, filepath.Dir(path))
		return m, err
	}
	kind, err := Sniff(ctx, path)
	if neverWritten(ctx, path) && err != nil {
		// Somebody gives it as evidence, under a name of his own.
		kind, err = FileKind{Part: Profile, Empty: true}, nil
	}
	if err != nil {
		return Measurement{}, readable(err, path)
	}
	m := Measurement{Path: path, Series: filepath.Dir(path), Parts: map[Part][]string{kind.Part: {path}}}
	if kind.Empty {
		m.Warnings = append(m.Warnings, emptyWarning(path))
	}
	m.Ended = newestTime(m.Parts)
	if kind.Part == Profile {
		m.InvocationID = outputbase.ProfileInvocation(path)
	}
	return m, nil
}

func emptyWarning(path string) string {
	return filepath.Base(path) + " is empty: the server died before anything of it was written"
}

// readable makes one clear line of an error of the file system.
func readable(err error, path string) error {
	var pathError *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: does not exist", path)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s: may not be read; change its mode or run as its owner", path)
	case errors.As(err, &pathError):
		return fmt.Errorf("%s: %w", path, pathError.Err)
	}
	return err
}
