// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"example.invalid/starlark-memls/internal/filecache"
	"example.invalid/starlark-memls/internal/lint"
	"example.invalid/starlark-memls/internal/lint/flow"
	"example.invalid/starlark-memls/internal/lint/rewrite"
	"example.invalid/starlark-memls/internal/quantity"
)

// rewrite makes the fixes of what is shown, or prints them as a patch. Files
// that are written are read only a moment before: all is written or nothing.
func (r *lintRequest) rewrite(c *cobra.Command, program *flow.Program, outcome *lint.RunResult) error {
	edits, fixed := rewrite.Together(outcome.Findings)
	texts := map[string][]byte{}
	for _, path := range slices.Sorted(maps.Keys(edits)) {
		text, err := rewrite.Apply(path, program.Files[path].Text, edits[path])
		if err != nil {
			return err
		}
		texts[path] = text
	}
	for _, path := range slices.Sorted(maps.Keys(texts)) {
		if r.diff {
			name := program.Workspace.Rel(path)
			if _, err := c.OutOrStdout().Write(diff.Diff("a/"+name, program.Files[path].Text, "b/"+name, texts[path])); err != nil {
				return err
			}
			continue
		}
		if err := filecache.WriteShared(path, texts[path]); err != nil {
			return err
		}
	}
	if r.diff {
		return nil
	}
	outcome.Findings = slices.DeleteFunc(outcome.Findings, func(f *lint.Finding) bool { return slices.Contains(fixed, f) })
	_, err := fmt.Fprintf(c.ErrOrStderr(), "starlark-memls: %s fixed in %s; starlark-memls verify says what it saves\n",
		quantity.Count(len(fixed), "finding", "findings"), quantity.Count(len(texts), "file", "files"))
	return err
}
