// SPDX-License-Identifier: Apache-2.0

package accuracy

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"example.invalid/starlark-memls/internal/accuracy/generate"
)

// Names taken away. A third of all implementations in the wild are called
// _impl, and a trace gives no file. How good the answer is then is measured on
// the whole corpus: in its sources and profiles every implementation is given
// one name, which leaves some twelve functions to choose from, and the right
// one is still known.

// oneName is what they are all called.
const oneName = "impl"

// implementation matches the name of an implementation where it stands by
// itself.
var implementation = regexp.MustCompile(`\b(?:[a-z]+_impl|_impl)\b`)

// inProfile matches it as the name of an event.
var inProfile = regexp.MustCompile(`"name":"(?:[a-z]+_impl|_impl)"`)

// Nameless loads the corpus with all implementations of one name. Cases whose
// culprit is no implementation are left out. Profiles are written anew below
// scratch.
func Nameless(ctx context.Context, dir, scratch string) ([]Case, error) {
	ofImplementation := func(s generate.Scenario) bool {
		return slices.ContainsFunc(s.Guilty, func(g generate.Answer) bool { return implementation.MatchString(g.Function) })
	}
	return loadEach(dir, scratch, ofImplementation, func(s generate.Scenario, folder string) (Case, error) {
		c, err := nameless(ctx, s, folder, filepath.Join(scratch, s.ID))
		if err != nil {
			return Case{}, fmt.Errorf("without names: %w", err)
		}
		return c, nil
	})
}

func nameless(ctx context.Context, s generate.Scenario, dir, scratch string) (Case, error) {
	for name, text := range s.Files {
		s.Files[name] = implementation.ReplaceAllString(text, oneName)
	}
	for i, g := range s.Guilty {
		s.Guilty[i].Function = implementation.ReplaceAllString(g.Function, oneName)
	}
	runs := filepath.Join(scratch, "runs")
	if err := renameRuns(dir, runs); err != nil {
		return Case{}, err
	}
	return loadCase(ctx, s, runs, filepath.Join(scratch, "sources"))
}

// renameRuns copies the measurements, without what heap dumps say.
func renameRuns(from, to string) error {
	return filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), "heap") {
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
			text = inProfile.ReplaceAll(unzipped(text), []byte(`"name":"`+oneName+`"`))
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
