// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"fmt"
	"path/filepath"

	"go.starlark.net/syntax"
)

// Text returns a file's text as this snapshot has it: the open buffer where
// there is one, else what is on the disk now. The path is absolute; the file
// may belong to another repository that a load leads to.
func (w *Workspace) Text(path string) ([]byte, error) {
	id := w.fileAt(filepath.ToSlash(path))
	if id < 0 {
		return nil, fmt.Errorf("%s is not among the sources of %s", path, w.root)
	}
	src := w.source(id)
	switch {
	case src.overlay != nil:
		return src.overlay, nil
	case src.problem != nil:
		return nil, fmt.Errorf("%s: %s", path, src.problem.Message)
	}
	text, err := read(src.path, src.stamp.size, nil)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, bare(err))
	}
	return text, nil
}

// Parse parses the text of a Starlark file as the index does: with what Bazel
// reads and the library refuses overwritten by blanks, so that every position
// is that of the text. A file with an error in it has no tree.
func Parse(path string, text []byte) (*syntax.File, error) {
	text = clean(text)
	if f := nestingFault(text); f != nil {
		return nil, fmt.Errorf("%s:%d:%d: %s", path, f.line, f.column, f.message)
	}
	file, err := options.Parse(path, text, 0)
	if err == nil {
		return file, nil
	}
	if repaired, changed := repairDialect(text); changed {
		if again, second := options.Parse(path, repaired, 0); second == nil {
			return again, nil
		}
	}
	return nil, err
}

// LoadTarget returns the file that the i-th load statement of a file leads to,
// counted from 0 in the order of the text, whether it is the workspace's or
// that of another repository which is here; ok is false where it is not here.
func (w *Workspace) LoadTarget(path string, i int) (target string, ok bool) {
	id := w.fileAt(path)
	if id < 0 || i >= len(w.source(id).sum.loads) {
		return "", false
	}
	to := w.loadTarget(id, i)
	if to < 0 {
		return "", false
	}
	return w.source(to).path, true
}
