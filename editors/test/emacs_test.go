// SPDX-License-Identifier: Apache-2.0

//go:build editors

package test

import (
	"path/filepath"
	"testing"

	"example.invalid/starlark-memls/internal/bazeltest"
)

// TestEmacs: eglot, which draws no lenses, so that all must be reachable
// without them.
func TestEmacs(t *testing.T) {
	w := bazeltest.New(t, "memory-eater", bazeltest.WorkspaceOptions{DefaultOutputBase: true})
	crash(t, w)
	folder := filepath.Join(bazeltest.Root(t), "editors", "emacs")
	drive(t, w, []string{"SERVER=" + program, "FILE=" + filepath.Join(w.Dir, bazeltest.EaterFile)},
		"emacs", "--batch", "-L", folder, "-l", filepath.Join(folder, "test", "after-crash.el"))
}
