// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"go.starlark.net/syntax"

	"example.invalid/starlark-memls/internal/input"
)

// Ignored directories. Two files at the root name them:
//
//   - .bazelignore, one directory a line, relative to the root; no patterns,
//     "#" begins a comment line (IgnoredSubdirectoriesFunction);
//   - REPO.bazel from Bazel 8 on: ignore_directories(["**/node_modules"]),
//     with the patterns of glob(): "*" is any part of a name, "**" as a whole
//     name any number of directories (RepoFileGlobals, UnixGlob).
//
// An older Bazel takes no notice of the second; whoever writes it does not
// mean those directories to be read.

// maxIgnoreBytes bounds both files.
const maxIgnoreBytes = 1 << 20

// ignored are directories that are not walked, by their names below the root.
type ignored struct {
	names    map[string]bool
	patterns [][]string // by segments
}

// has reports whether the directory itself is ignored; that one around it may
// be is for the walk to have seen.
func (i ignored) has(rel string) bool {
	if i.names[rel] {
		return true
	}
	if len(i.patterns) == 0 {
		return false
	}
	segments := strings.Split(rel, "/")
	for _, p := range i.patterns {
		if matchSegments(p, segments) {
			return true
		}
	}
	return false
}

// matchSegments matches a glob pattern with a path, both cut at slashes. Only
// the last "**" is ever tried again with more: what an earlier one took less
// of, a later one can take.
func matchSegments(pattern, name []string) bool {
	var again []string // the pattern behind the last "**"
	var from []string  // the path that it was last tried on
	for {
		switch {
		case len(pattern) > 0 && pattern[0] == "**":
			pattern = pattern[1:]
			again, from = pattern, name
			continue
		case len(pattern) > 0 && len(name) > 0 && matchName(pattern[0], name[0]):
			pattern, name = pattern[1:], name[1:]
			continue
		case len(pattern) == 0 && len(name) == 0:
			return true
		case len(from) == 0:
			return false
		}
		from = from[1:]
		pattern, name = again, from
	}
}

// matchName matches one name with a pattern in which "*" is the only wildcard.
func matchName(pattern, name string) bool {
	before, rest, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == name
	}
	name, ok := strings.CutPrefix(name, before)
	for ok {
		var part string
		if part, rest, wild = strings.Cut(rest, "*"); !wild {
			return strings.HasSuffix(name, part)
		}
		_, name, ok = strings.Cut(name, part)
	}
	return false
}

// readIgnored reads both files. A link is not followed out of within, and what
// is no plain file is not read: a pipe would never end.
func readIgnored(root, within string) (ignored, []Problem) {
	found := ignored{names: map[string]bool{}}
	var problems []Problem
	read := func(name string) []byte {
		file := filepath.Join(root, name)
		text, err := readAtRoot(file, within)
		if err != nil {
			problems = append(problems, Problem{Path: filepath.ToSlash(file), Message: err.Error()})
		}
		return text
	}
	found.readNames(read(".bazelignore"))
	found.readPatterns(read("REPO.bazel"))
	return found, problems
}

// readAtRoot is the text of a small file; none where there is no such file.
func readAtRoot(name, within string) ([]byte, error) {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("cannot be read: %w; make the file readable", bare(err))
	case !info.Mode().IsRegular():
		return nil, errors.New("is not a plain file; nothing is ignored")
	case info.Size() > maxIgnoreBytes:
		return nil, fmt.Errorf("is over %d bytes; nothing is ignored", maxIgnoreBytes)
	case leaves(name, within):
		return nil, errors.New("leads out of the workspace, which is not trusted; nothing is ignored")
	}
	text, err := input.ReadFile(context.Background(), name, maxIgnoreBytes)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w; make the file readable", bare(err))
	}
	return text, nil
}

// readNames takes .bazelignore.
func (i *ignored) readNames(text []byte) {
	for line := range bytes.Lines(text) {
		if name := strings.TrimSpace(string(line)); name != "" && !strings.HasPrefix(name, "#") {
			i.names[path.Clean(filepath.ToSlash(name))] = true
		}
	}
}

// readPatterns takes the ignore_directories calls of REPO.bazel. One in
// mid-edit that does not parse ignores nothing; as a Starlark file of the
// workspace its fault is told elsewhere.
func (i *ignored) readPatterns(text []byte) {
	if !bytes.Contains(text, []byte("ignore_directories")) || nestingFault(text) != nil {
		return
	}
	file, err := options.Parse("", clean(text), 0)
	if err != nil {
		return
	}
	for _, stmt := range file.Stmts {
		if e, ok := stmt.(*syntax.ExprStmt); ok {
			i.call(e.X)
		}
	}
}

// call takes one ignore_directories(dirs) with a literal list.
func (i *ignored) call(e syntax.Expr) {
	c, ok := e.(*syntax.CallExpr)
	if !ok || len(c.Args) != 1 {
		return
	}
	if name, ok := c.Fn.(*syntax.Ident); !ok || name.Name != "ignore_directories" {
		return
	}
	arg := c.Args[0]
	if named, ok := arg.(*syntax.BinaryExpr); ok && named.Op == syntax.EQ {
		arg = named.Y
	}
	list, ok := arg.(*syntax.ListExpr)
	if !ok {
		return
	}
	for _, el := range list.List {
		if l, ok := el.(*syntax.Literal); ok {
			if pattern, ok := l.Value.(string); ok {
				i.patterns = append(i.patterns, strings.Split(strings.Trim(pattern, "/"), "/"))
			}
		}
	}
}
