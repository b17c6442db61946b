// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/starlark"
)

// A frameCount is how the frames of made-up crashes were placed: those of the
// workspace's own files, and those of another repository's.
type frameCount struct{ own, ownRight, foreign, foreignHere int }

func (c *frameCount) add(o frameCount) {
	c.own, c.ownRight = c.own+o.own, c.ownRight+o.ownRight
	c.foreign, c.foreignHere = c.foreign+o.foreign, c.foreignHere+o.foreignHere
}

// crashed is how many functions of a workspace a crash is made up of.
const crashed = 40

// foreign are forms of a path in another repository. The function, the path
// below the repository and the line are those of one of ours, which is the
// worst case.
var foreign = []string{
	"/home/ci/.cache/bazel/_bazel_ci/0a1b2c/external/acme_toolbox+/%s",
	"/home/ci/.cache/bazel/_bazel_ci/0a1b2c/external/rules_acme++deps+acme_toolbox/%s",
	"/private/var/tmp/_bazel_ci/0a1b2c/external/acme_toolbox~2.1.0/%s",
	"external/acme_toolbox/%s",
	"/root/.cache/bazel/_bazel_root/0a1b2c/execroot/_main/external/acme_toolbox+/%s",
	"@@acme_toolbox+//:%s",
}

// own are forms of a path in the workspace itself, on another machine.
var own = []string{
	"/home/ci/src/checkout/%s",
	"/root/.cache/bazel/_bazel_root/0a1b2c/execroot/_main/%s",
	`C:\agent\_work\1\s\%s`,
}

func checkFrames(ctx context.Context, ws *starlark.Workspace, scratch string) (count frameCount, err error) {
	var functions []*starlark.Definition
	for d := range ws.Definitions() {
		if d.Kind == starlark.Function && filepath.Ext(d.File) == ".bzl" {
			functions = append(functions, d)
		}
	}
	r := rand.New(rand.NewPCG(1, uint64(len(functions))))
	r.Shuffle(len(functions), func(i, k int) { functions[i], functions[k] = functions[k], functions[i] })
	for n, d := range functions[:min(crashed, len(functions))] {
		line := d.Range.Start.Line + 1
		frames, err := placed(ctx, ws, scratch, d, foreign[n%len(foreign)], line)
		if err != nil {
			return count, err
		}
		for _, f := range frames {
			count.foreign++
			if f.Source != "" || f.Definition != nil {
				count.foreignHere++
				fmt.Printf("foreign: %s placed at %s:%d (%s)\n", f.File, ws.Rel(f.Source), f.SourceLine, f.Mapped)
			}
		}
		if frames, err = placed(ctx, ws, scratch, d, own[n%len(own)], line); err != nil {
			return count, err
		}
		for _, f := range frames {
			count.own++
			if f.Source == d.File && f.SourceLine == line {
				count.ownRight++
			} else {
				fmt.Printf("own: %s placed at %q:%d (%s), want %s\n", f.File, f.Source, f.SourceLine, f.Mapped, ws.Rel(d.File))
			}
		}
	}
	return count, nil
}

// placed makes up a crash in a function and gives its frames as they are
// placed, with whatever else of the report names a source of the workspace.
func placed(ctx context.Context, ws *starlark.Workspace, scratch string, d *starlark.Definition, form string, line int) ([]attribution.Frame, error) {
	printed := fmt.Sprintf(form, ws.Rel(d.File))
	text := fmt.Sprintf("INFO: Analyzed target //:all (9 packages loaded).\nFATAL: bazel ran out of memory and crashed. Printing stack trace:\n"+
		"net.starlark.java.eval.Starlark$UncheckedEvalError: OutOfMemoryError thrown during Starlark evaluation (//pkg:target)\n"+
		"\tat <starlark>.%s(%s:%d)\nCaused by: java.lang.OutOfMemoryError: Java heap space\n"+
		"\tat java.base/java.util.Arrays.copyOf(Unknown Source)\n\tat net.starlark.java.eval.StarlarkList.addElement(Unknown Source)\n", d.Name, printed, line)
	file := filepath.Join(scratch, "console")
	if err := os.MkdirAll(scratch, 0o755); err != nil {
		return nil, err
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		return nil, err
	}
	found, _, err := measurement.Open(ctx, file)
	if err != nil {
		return nil, err
	}
	var all []*observe.Observation
	for _, m := range found {
		o, err := observe.Read(ctx, m, observe.ReadOptions{})
		if err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	var frames []attribution.Frame
	report := attribution.Conclude(ctx, all, ws, attribution.ConcludeOptions{})
	for _, c := range report.Crashes {
		for _, t := range c.Threads {
			frames = append(frames, t.Frames...)
		}
	}
	for _, s := range report.Suspects {
		if s.Name == d.Name && s.Definition != nil && len(frames) == 1 && frames[0].Source == "" {
			frames = append(frames, attribution.Frame{File: printed, Source: s.Definition.File, Mapped: "by the suspect's name", Definition: s.Definition})
		}
	}
	if len(frames) == 0 {
		return nil, fmt.Errorf("no frame was read from %q", text)
	}
	return frames, nil
}
