// SPDX-License-Identifier: Apache-2.0

//go:build editors

package test

import (
	"path/filepath"
	"testing"

	"example.invalid/starlark-memls/internal/bazeltest"
)

// TestProtocol: Microsoft's own client library, three clients of different
// abilities, and every message of the server's held against JSON Schemas of
// Microsoft's own types.
func TestProtocol(t *testing.T) {
	w := bazeltest.New(t, "memory-eater", bazeltest.WorkspaceOptions{DefaultOutputBase: true})
	crash(t, w)
	drive(t, w, nil, node(t), "--test", filepath.Join(bazeltest.Root(t), "editors", "protocol", "schemas.test.mjs"))
	script := filepath.Join(bazeltest.Root(t), "editors", "protocol", "client.mjs")
	drive(t, w, []string{"SERVER=" + program, "FILE=" + filepath.Join(w.Dir, bazeltest.EaterFile)}, node(t), script)
}
