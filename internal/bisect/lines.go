// SPDX-License-Identifier: Apache-2.0

package bisect

import (
	"context"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"example.invalid/starlark-memls/starlark"
)

// A DiffLine is one line of the commit's diff.
type DiffLine struct {
	File    string `json:"file"` // relative to the repository
	Line    int    `json:"line"` // after the commit; of a removed line, where it was
	Removed bool   `json:"removed,omitempty"`
	Text    string `json:"text"`
	// Within is the function that the line belongs to; Why says what it has to
	// do with the owner: "owner", or "called by NAME". Both are empty of a
	// line that has nothing to do with it, as far as calls can be followed.
	Within string `json:"within,omitempty"`
	Why    string `json:"why,omitempty"`
}

// mostLines bounds the lines of a diff that are looked at.
const mostLines = 20_000

// diff are the lines of Starlark sources that differ between two commits.
func (r *repository) diff(ctx context.Context, before, after string) ([]DiffLine, error) {
	out, err := git(ctx, r.root, "-c", "core.quotePath=false", "diff", "--unified=0", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames",
		before, after, "--", "*.bzl", "*.scl", "BUILD", "BUILD.bazel", "**/BUILD", "**/BUILD.bazel", "WORKSPACE*", "MODULE.bazel", "*.MODULE.bazel", ".bazelrc", ".bazelversion")
	if err != nil {
		return nil, err
	}
	return parseDiff(out), nil
}

// parseDiff reads a diff without context.
func parseDiff(text string) []DiffLine {
	var lines []DiffLine
	var before, after string
	var removedAt, addedAt int
	body := false
	for l := range strings.SplitSeq(text, "\n") {
		switch {
		case strings.HasPrefix(l, "diff --git "):
			before, after, body = "", "", false
		case !body && strings.HasPrefix(l, "--- "):
			before = strings.TrimPrefix(strings.TrimSuffix(strings.TrimPrefix(l, "--- "), "\t"), "a/")
		case !body && strings.HasPrefix(l, "+++ "):
			after = strings.TrimPrefix(strings.TrimSuffix(strings.TrimPrefix(l, "+++ "), "\t"), "b/")
		case strings.HasPrefix(l, "@@ "):
			body = true
			fields := strings.Fields(l)
			if len(fields) > 2 {
				removedAt, addedAt = hunkStart(fields[1]), hunkStart(fields[2])
			}
		case body && strings.HasPrefix(l, "-"):
			lines = append(lines, DiffLine{File: before, Line: removedAt, Removed: true, Text: l[1:]})
			removedAt++
		case body && strings.HasPrefix(l, "+"):
			lines = append(lines, DiffLine{File: after, Line: addedAt, Text: l[1:]})
			addedAt++
		}
		if len(lines) == mostLines {
			break
		}
	}
	return lines
}

// hunkStart is the first line of "-12,3" or "+12".
func hunkStart(text string) int {
	number, _, _ := strings.Cut(strings.TrimLeft(text, "-+"), ",")
	n, _ := strconv.Atoi(number)
	return n
}

// relate marks the lines that touch the owner or what it calls, in the sources
// of one side of the diff, and puts them first.
func relate(ws *starlark.Workspace, root string, m Metric, lines []DiffLine, removed bool) {
	calls := reached(ws, m)
	for i := range lines {
		l := &lines[i]
		if l.Removed != removed || l.Why != "" {
			continue
		}
		d := ws.At(filepath.ToSlash(filepath.Join(root, filepath.FromSlash(l.File))), l.Line)
		for ; d != nil; d = d.Enclosing {
			if l.Within == "" && (d.Kind == starlark.Function || d.Kind == starlark.Lambda) {
				l.Within = d.Name
			}
			if why, ok := calls[place(d)]; ok {
				l.Within, l.Why = d.Name, why
				break
			}
		}
	}
}

type definitionPlace struct {
	file string
	line int
}

func place(d *starlark.Definition) definitionPlace {
	return definitionPlace{d.File, d.NameRange.Start.Line}
}

// mostReached bounds the functions that are followed.
const mostReached = 2000

// reached are the functions that the owner's work is done by, with why: its own,
// those that implement it, and what these call, to any depth.
func reached(ws *starlark.Workspace, m Metric) map[definitionPlace]string {
	why := map[definitionPlace]string{}
	var queue []*starlark.Definition
	add := func(d *starlark.Definition, text string) {
		if _, ok := why[place(d)]; !ok && len(why) < mostReached {
			why[place(d)] = text
			queue = append(queue, d)
		}
	}
	for _, d := range owners(ws, m) {
		add(d, "owner")
		for _, i := range append(slices.Clone(d.Candidates), d.Implementation) {
			if i != nil {
				add(i, "implements "+d.Name)
			}
		}
		for _, u := range d.Uses {
			add(u, "owner")
		}
	}
	for len(queue) > 0 {
		d := queue[0]
		queue = queue[1:]
		if d.Kind != starlark.Function && d.Kind != starlark.Lambda {
			continue
		}
		for line := d.Range.Start.Line; line <= d.Range.End.Line; line++ {
			for _, callee := range ws.CalledOn(d.File, line) {
				add(callee, "called by "+d.Name)
			}
		}
	}
	return why
}

// owners are the definitions that a metric is about.
func owners(ws *starlark.Workspace, m Metric) []*starlark.Definition {
	name := m.Name
	if _, after, ok := strings.Cut(name, "%"); ok && m.Kind == "aspect" {
		name = after
	}
	if m.Kind == "provider_field" {
		name, _, _ = strings.Cut(name, ".")
	}
	all := ws.Named(name)
	if m.File == "" {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(d *starlark.Definition) bool {
		// A field's file is where the instance is made, not where its provider is.
		return m.Kind != "provider_field" && filepath.Base(d.File) != filepath.Base(m.File)
	})
}

// ordered puts what has to do with the owner first: its own lines, then those of
// what it calls; and leaves out empty ones.
func ordered(lines []DiffLine) []DiffLine {
	lines = slices.DeleteFunc(lines, func(l DiffLine) bool { return strings.TrimSpace(l.Text) == "" })
	rank := func(l DiffLine) int {
		switch l.Why {
		case "owner":
			return 0
		case "":
			return 2
		}
		return 1
	}
	slices.SortStableFunc(lines, func(a, b DiffLine) int { return rank(a) - rank(b) })
	return lines
}
