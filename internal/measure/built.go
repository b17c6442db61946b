// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"example.invalid/starlark-memls/internal/input"
	"example.invalid/starlark-memls/internal/measurement"
)

// Built is what a build is made of and what it made, for a comparison with
// another.
type Built struct {
	// Actions are those of the targets and of all below them, as aquery
	// describes them, in no order that means anything.
	Actions []string
	// Outputs are the files below bazel-out, with their contents' digests.
	// Those that hold paths of the output base (manifests of runfiles) are not
	// among them.
	Outputs map[string][sha256.Size]byte
}

// OneBuilt is One, and, of a build that passed, what it is made of and what it
// made. That takes a server of its own, after the one that was measured.
func (s *Sweep) OneBuilt(ctx context.Context, folder string, console io.Writer) (record measurement.Record, built Built, err error) {
	record, err = s.one(ctx, folder, console, func(b *Bazel, r measurement.Record) error {
		if r.Status != measurement.OK {
			return nil
		}
		var err error
		if built.Actions, err = b.actions(ctx, s.Args); err != nil {
			return err
		}
		built.Outputs, err = outputs(ctx, b.OutputBase)
		return err
	})
	return record, built, err
}

// actions asks for the actions of a build's targets.
func (b *Bazel) actions(ctx context.Context, args []string) ([]string, error) {
	query := []string{"--output=text"}
	var with, without []string
	for _, a := range args {
		switch {
		case strings.HasPrefix(a, "--"):
			query = append(query, a)
		case strings.HasPrefix(a, "-//"):
			without = append(without, a[1:])
		default:
			with = append(with, a)
		}
	}
	expression := "deps(" + strings.Join(with, " + ") + ")"
	for _, w := range without {
		expression += " - " + w
	}
	cmd := exec.CommandContext(ctx, b.Path, b.args(nil, "aquery", append(query, expression)...)...)
	cmd.Dir = b.Workspace
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("bazel aquery '%s': %w%s", expression, err, lastLine(stderr.String()))
	}
	return parseActions(string(out)), nil
}

// parseActions takes aquery's text apart: one block an action. The order of
// inputs is that of depsets, and means nothing.
func parseActions(text string) []string {
	var all []string
	for block := range strings.SplitSeq(text, "\n\n") {
		block = strings.TrimSpace(block)
		if !strings.HasPrefix(block, "action '") {
			continue
		}
		lines := strings.Split(block, "\n")
		for i, line := range lines {
			name, list, ok := strings.Cut(line, ": [")
			if !ok || strings.TrimSpace(name) != "Inputs" {
				continue
			}
			inputs := strings.Split(strings.TrimSuffix(list, "]"), ", ")
			slices.Sort(inputs)
			lines[i] = name + ": [" + strings.Join(inputs, ", ") + "]"
		}
		all = append(all, strings.Join(lines, "\n"))
	}
	slices.Sort(all)
	return all
}

// outputs digests what a build has left below bazel-out.
func outputs(ctx context.Context, outputBase string) (map[string][sha256.Size]byte, error) {
	all := map[string][sha256.Size]byte{}
	roots, err := filepath.Glob(filepath.Join(outputBase, "execroot", "*", "bazel-out", "*", "bin"))
	if err != nil {
		return nil, err
	}
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case ctx.Err() != nil:
				return ctx.Err()
			case d.IsDir() && strings.HasSuffix(d.Name(), ".runfiles"):
				return fs.SkipDir
			case !d.Type().IsRegular() || strings.HasSuffix(d.Name(), ".runfiles_manifest"):
				return nil
			}
			digest, err := digestOf(ctx, path)
			if err != nil {
				return err
			}
			name, err := filepath.Rel(filepath.Dir(filepath.Dir(root)), path)
			all[filepath.ToSlash(name)] = digest
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("reading what was built: %w", err)
		}
	}
	return all, nil
}

func digestOf(ctx context.Context, path string) (digest [sha256.Size]byte, err error) {
	file, err := input.Open(ctx, path)
	if err != nil {
		return digest, err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return digest, err
	}
	return [sha256.Size]byte(sum.Sum(nil)), nil
}
