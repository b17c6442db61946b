// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.invalid/starlark-memls/attribution/attributiontest"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/starlark"
)

// edit gives the next snapshot, with one open buffer.
func edit(t testing.TB, ws *starlark.Workspace, file string, change func(string) string) *starlark.Workspace {
	t.Helper()
	next, err := ws.With(t.Context(), map[string][]byte{
		filepath.Join(ws.Root(), file): []byte(change(attributiontest.Sources[file])),
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return next
}

func TestRebase(t *testing.T) {
	t.Parallel()
	ws := workspace(t, nil)
	eat := ws.Root() + "/memory/eat.bzl"
	old := conclude(t, ws,
		stacked("a", console.StarlarkFrame{Function: "describe", File: eat, Line: 2}, console.StarlarkFrame{Function: "traverse_impl", File: eat, Line: 5}),
		crashedAt("b", nil, "traverse_impl"))

	t.Run("moved", func(t *testing.T) {
		t.Parallel()
		r := Rebase(old, edit(t, ws, "memory/eat.bzl", func(s string) string { return "# one\n# two\n\n" + s }))
		f := r.Crashes[len(r.Crashes)-1].Threads
		for _, c := range r.Crashes {
			if len(c.Threads) > 0 {
				f = c.Threads
			}
		}
		if got := f[0].Frames[0]; got.SourceLine != 5 || got.Line != 2 || got.Stale {
			t.Errorf("frame %+v, want line 2 moved to 5", got)
		}
		s := find(t, r, "describe", "memory/eat.bzl")
		if s.Stale || s.Definition.NameRange.Start.Line != 4 || s.Lines[0].Line != 5 {
			t.Errorf("suspect at %v, stale %v, lines %+v", s.Definition.NameRange, s.Stale, s.Lines)
		}
	})
	t.Run("edited", func(t *testing.T) {
		t.Parallel()
		next := edit(t, ws, "memory/eat.bzl", func(s string) string {
			return strings.Replace(s, "joined = describe(target)", "joined = describe(target) + \"!\"", 1)
		})
		r := Rebase(old, next)
		if !find(t, r, "traverse_impl", "memory/eat.bzl").Stale {
			t.Error("the edited function is not stale")
		}
		if find(t, r, "describe", "memory/eat.bzl").Stale {
			t.Error("its neighbour is stale")
		}
		// The edit undone leaves no trace.
		back := edit(t, next, "memory/eat.bzl", func(s string) string { return s })
		if find(t, Rebase(r, back), "traverse_impl", "memory/eat.bzl").Stale {
			t.Error("stale after the edit was undone")
		}
	})
	t.Run("all of the stack gone", func(t *testing.T) {
		t.Parallel()
		deleted := edit(t, ws, "memory/eat.bzl", func(s string) string { return s[strings.Index(s, "def _impl"):] })
		only := conclude(t, ws, stacked("a", console.StarlarkFrame{Function: "describe", File: eat, Line: 2}, console.StarlarkFrame{Function: "traverse_impl", File: eat, Line: 5}),
			crashedAt("b", nil, "_impl"))
		for _, s := range Rebase(only, deleted).Suspects {
			if n, known := s.Evidence.Number(CrashFrames); known {
				t.Errorf("%s was on %v failing stacks: that is not known", s.Name, n)
			}
		}
	})
	t.Run("gone", func(t *testing.T) {
		t.Parallel()
		next := edit(t, ws, "memory/eat.bzl", func(s string) string { return s[strings.Index(s, "def traverse_impl"):] })
		r := Rebase(old, next)
		for _, s := range r.Suspects {
			if s.Name == "describe" {
				t.Errorf("the evidence of a function that is gone is still there: %+v", s)
			}
		}
		if r.Suspects[0].Name != "traverse_impl" {
			t.Errorf("suspects %v", names(r))
		}
		if got, known := r.Suspects[0].Evidence.Number(CrashFrames); !known || got != 1 {
			t.Errorf("frames of the one that is left: %v", got)
		}
		// And it comes back with the function.
		again := Rebase(r, edit(t, next, "memory/eat.bzl", func(s string) string { return s }))
		find(t, again, "describe", "memory/eat.bzl")
	})
	t.Run("the old report is not changed", func(t *testing.T) {
		t.Parallel()
		before := names(old)
		Rebase(old, edit(t, ws, "memory/eat.bzl", func(string) string { return "" }))
		if got := names(old); strings.Join(got, " ") != strings.Join(before, " ") {
			t.Errorf("%v, before %v", got, before)
		}
	})
}

// Frames of a function that has moved since the crash, seen for the first time.
func TestConcludeAfterAnEdit(t *testing.T) {
	t.Parallel()
	ws := workspace(t, map[string]string{"memory/eat.bzl": strings.Repeat("# more\n", 20) + attributiontest.Sources["memory/eat.bzl"]})
	r := conclude(t, ws, stacked("a", console.StarlarkFrame{Function: "describe", File: ws.Root() + "/memory/eat.bzl", Line: 2}))
	s := find(t, r, "describe", "memory/eat.bzl")
	if !s.Stale || !r.Crashes[0].Threads[0].Frames[0].Stale {
		t.Errorf("stale %v, frame %+v", s.Stale, r.Crashes[0].Threads[0].Frames[0])
	}
	if got := r.Crashes[0].Threads[0].Frames[0].SourceLine; got != 21 {
		t.Errorf("the frame points at line %d, want the function's own, 21", got)
	}
}

func TestRebaseOfNothing(t *testing.T) {
	t.Parallel()
	if Rebase(nil, nil) != nil {
		t.Error("a report from nothing")
	}
	r := &Report{}
	if Rebase(r, workspace(t, nil)) != r {
		t.Error("a report that no Conclude made was changed")
	}
}

// Sources that were edited before anyone looked: the files' times tell, but
// only in the checkout that was built.
func TestSourcesWrittenAfterTheMeasurement(t *testing.T) {
	t.Parallel()
	ws := workspace(t, nil)
	ended := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, test := range []struct {
		name      string
		workspace string
		written   time.Duration
		want      bool
	}{
		{"after", ws.Root(), time.Second, true},
		{"before", ws.Root(), -time.Second, false},
		{"another checkout", "/ci/build", time.Second, false},
		{"unknown workspace", "", time.Second, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := crashedAt("a", nil, "describe")
			o.Workspace = test.workspace
			r := Conclude(t.Context(), []*observe.Observation{o}, ws, ConcludeOptions{Modified: func(string) time.Time { return ended.Add(test.written) }})
			if got := r.Suspects[0].Stale; got != test.want {
				t.Errorf("stale %v, want %v", got, test.want)
			}
			// An edit elsewhere does not change the verdict.
			next := edit(t, ws, "cpu/spin.bzl", func(s string) string { return s + "\n" })
			if got := find(t, Rebase(r, next), "describe", "memory/eat.bzl").Stale; got != test.want {
				t.Errorf("rebased: stale %v, want %v", got, test.want)
			}
		})
	}
}
