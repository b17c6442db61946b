// SPDX-License-Identifier: Apache-2.0

package accuracy

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"os"
	"path/filepath"

	"example.invalid/starlark-memls/internal/accuracy/generate"
)

// LoadEdited loads the corpus as it would be had its workspaces been others:
// edit changes a scenario's sources and answers, and gives what changes the
// files of its measurements by their names; one that becomes nil is left out.
// Profiles come unpacked, as far as they can be.
func LoadEdited(ctx context.Context, dir, scratch string, edit func(*generate.Scenario) (inFile func(name string, text []byte) []byte)) ([]Case, error) {
	return loadEdited(ctx, dir, scratch, func(generate.Scenario) bool { return true }, edit)
}

func loadEdited(ctx context.Context, dir, scratch string, wanted func(generate.Scenario) bool, edit func(*generate.Scenario) func(string, []byte) []byte) ([]Case, error) {
	return loadEach(dir, scratch, wanted, func(s generate.Scenario, folder string) (Case, error) {
		inFile := edit(&s)
		runs := filepath.Join(scratch, s.ID, "runs")
		if err := rewrite(folder, runs, inFile); err != nil {
			return Case{}, err
		}
		return loadCase(ctx, s, runs, filepath.Join(scratch, s.ID, "sources"))
	})
}

// rewrite copies the measurements of a scenario, with their files changed.
func rewrite(from, to string, inFile func(name string, text []byte) []byte) error {
	return filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if d.Name() == "profile.gz" {
			text = unzipped(text)
		}
		if text = inFile(d.Name(), text); text == nil {
			return nil
		}
		copied := filepath.Join(to, rel)
		if err := os.MkdirAll(filepath.Dir(copied), 0o755); err != nil {
			return err
		}
		return os.WriteFile(copied, text, 0o644)
	})
}

// unzipped is what can be unpacked: a server that died has left its last
// profile cut.
func unzipped(text []byte) []byte {
	z, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		return text
	}
	plain, _ := io.ReadAll(z)
	return plain
}
