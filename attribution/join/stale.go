// SPDX-License-Identifier: Apache-2.0

package join

import (
	"os"
	"path/filepath"
	"time"

	"example.invalid/starlark-memls/attribution/aggregate"
	"example.invalid/starlark-memls/starlark"
)

// Edited sources. A measurement speaks of the sources as they were. The first
// report that is concluded from it resolves its evidence: for each printed
// name and place the definition that it meant is remembered, as it was in that
// snapshot. Later snapshots follow that (starlark.Workspace.Match: by
// file, name and shape), never the place of the previous report, so that an
// edit that is undone leaves no trace:
//
//   - the function only moved: its evidence and lines move with it;
//   - its body was edited (another shape): the evidence stays on it and is
//     marked stale, lines being kept where they still lie within it;
//   - it is gone: its evidence is dropped.
//
// What was edited before the first report cannot be compared with anything. A
// source of the very workspace that was built is then called stale if it was
// written after the last of the measurements ended. In another checkout the
// files' times say when they were checked out, and are not asked.
type Resolutions struct {
	names  map[string]resolution
	places map[printedPlace]sourcePlace
	// own are the calls that are not their name's.
	own map[callKey]resolution
	// handOn and letGo are what the sources said of who keeps what was made
	// (keeping.go), by function and by chain of calls.
	handOn, letGo map[string]bool
	// made are the functions around the places where instances were made.
	made map[printedPlace]string
}

// editedSince makes the test for sources written after the measurements.
func EditedSince(b *aggregate.Statistics, ws *starlark.Workspace, modified func(string) time.Time) func(string) bool {
	var last time.Time
	roots := map[string]bool{}
	for _, o := range b.Observations {
		if _, asked := roots[o.Workspace]; !asked {
			roots[o.Workspace] = ws != nil && isRoot(ws, o.Workspace)
		}
		if roots[o.Workspace] && o.Summary.Ended.After(last) {
			last = o.Summary.Ended
		}
	}
	if last.IsZero() {
		return func(string) bool { return false }
	}
	if modified == nil {
		modified = func(path string) time.Time {
			info, err := os.Stat(path)
			if err != nil {
				return time.Time{}
			}
			return info.ModTime()
		}
	}
	seen := map[string]bool{}
	return func(path string) bool {
		edited, asked := seen[path]
		if !asked {
			edited = modified(path).After(last)
			seen[path] = edited
		}
		return edited
	}
}

// isRoot reports whether a path that Bazel recorded is the workspace's root.
func isRoot(ws *starlark.Workspace, path string) bool {
	if path == "" {
		return false
	}
	if path == ws.Root() {
		return true
	}
	resolved, err := filepath.EvalSymlinks(path)
	return err == nil && filepath.ToSlash(resolved) == ws.Root()
}

// follow finds what a definition has become.
func follow(next *starlark.Workspace, old *starlark.Definition) *starlark.Definition {
	now, _ := next.Match(old)
	return now
}

// followName maps the anchored meaning of a name to the next snapshot.
func followName(next *starlark.Workspace, was resolution) resolution {
	now := resolution{why: was.why, unseen: was.unseen, stale: was.stale, posterior: followCandidates(next, was.posterior), shares: followCandidates(next, was.shares)}
	if was.definition != nil && len(was.posterior) > 0 && follow(next, was.definition) == nil {
		was.definition = nil // it was inferred: that it is gone makes it no other's
		for _, c := range was.posterior {
			was.candidates = append(was.candidates, c.Definition)
		}
	}
	if was.definition != nil {
		now.definition = follow(next, was.definition)
		now.gone = now.definition == nil
		now.stale = now.stale || now.definition != nil && now.definition.Shape != was.definition.Shape
		return now
	}
	for _, c := range was.candidates {
		if d := follow(next, c); d != nil {
			now.candidates = append(now.candidates, d)
		}
	}
	switch len(now.candidates) {
	case 0:
		now.gone = true
	case 1:
		// The others are gone from the sources, not from the build that
		// was measured: which one it was stays open.
		now.stale = true
	}
	return now
}

// followPlace maps an anchored place to the next snapshot.
func followPlace(next *starlark.Workspace, was sourcePlace) sourcePlace {
	if was.definition == nil {
		return was
	}
	now := was
	now.definition = follow(next, was.definition)
	if now.definition == nil {
		return sourcePlace{gone: true}
	}
	now.path = now.definition.File
	now.line = clampLine(now.definition, was.line+now.definition.Range.Start.Line-was.definition.Range.Start.Line)
	now.stale = was.stale || now.definition.Shape != was.definition.Shape
	return now
}

// followCandidates maps those that are still there. Their probabilities stay:
// what is gone from the sources is not gone from the build that was measured.
func followCandidates(next *starlark.Workspace, was []Candidate) []Candidate {
	var now []Candidate
	for _, c := range was {
		if d := follow(next, c.Definition); d != nil {
			now = append(now, Candidate{d, c.Probability})
		}
	}
	return now
}
