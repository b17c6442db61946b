// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"testing"
	"time"

	"example.invalid/starlark-memls/attribution/attributiontest"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/starlark"
)

// crashedAt is an observation of a crash without a stack: the calls ended in
// this order, the first one last, 2 ms apart.
func crashedAt(path string, java []console.JavaFrame, names ...string) *observe.Observation {
	t := &observe.TraceFacts{LastMicros: 10_000_000, LastStarlarkMicros: 9_990_000, LastWorkMicros: 9_990_000}
	index := map[string]int{}
	for i, name := range names {
		end := t.LastStarlarkMicros - int64(i)*2000
		if _, seen := index[name]; !seen {
			index[name] = len(t.Functions)
			t.Functions = append(t.Functions, observe.Activity{Name: name})
		}
		a := &t.Functions[index[name]]
		a.Calls++
		a.TotalMicros += 500_000
		a.SelfMicros += 500_000
		a.ExclusiveMicros += 500_000
		a.LastEndMicros = max(a.LastEndMicros, end)
		a.EndedClose, a.EndedMedium, a.EndedFar = a.EndedClose+1, a.EndedMedium+1, a.EndedFar+1
		a.LastOnThread++
		t.StarlarkCalls++
		t.SelfMicros += 500_000
		t.Endings = append(t.Endings, observe.Ending{Thread: "skyframe-evaluator-" + string(rune('0'+i)),
			Chain: []observe.EndedCall{{Name: name, EndMicros: end, SelfMicros: 500_000}}})
	}
	inOnePhase(t, 9_000_000)
	return &observe.Observation{
		Summary: observe.Summary{Path: path, Status: measurement.OutOfMemory, Ended: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
		Trace:   t,
		Crashes: []observe.CrashFacts{{Cause: console.JavaHeapSpace, Java: java, Source: "console"}},
	}
}

// stacked is an observation of a crash with a Starlark stack.
func stacked(path string, frames ...console.StarlarkFrame) *observe.Observation {
	return &observe.Observation{
		Summary: observe.Summary{Path: path, Status: measurement.OutOfMemory},
		Crashes: []observe.CrashFacts{{
			Cause: console.JavaHeapSpace, Target: "//memory:memory", Source: "console",
			Threads: []observe.ThreadFacts{{Failed: true, Frames: observe.PrintedFrames(frames), Source: "console"}},
		}},
	}
}

// passedBuild is an observation of a build that passed, in which each name
// took its microseconds.
func passedBuild(path string, self map[string]int64) *observe.Observation {
	t := &observe.TraceFacts{LastMicros: 10_000_000, LastStarlarkMicros: 5_000_000}
	for _, name := range []string{"_impl", "describe", "only_in_old", "traverse_impl"} {
		if micros, ok := self[name]; ok {
			t.Functions = append(t.Functions, observe.Activity{Name: name, Calls: 1, SelfMicros: micros, TotalMicros: micros, ExclusiveMicros: micros})
			t.SelfMicros += micros
			t.StarlarkCalls++
		}
	}
	inOnePhase(t, 5_000_000)
	return &observe.Observation{Summary: observe.Summary{Path: path, Status: measurement.OK}, Trace: t}
}

// inOnePhase puts all own time in one phase.
func inOnePhase(t *observe.TraceFacts, micros int64) {
	t.StarlarkPhase = "Load and analyze dependencies"
	t.Phases = []observe.PhaseFacts{{Name: t.StarlarkPhase, SelfMicros: t.SelfMicros}}
	for i := range t.Functions {
		t.Functions[i].Phases = []observe.PhaseTime{{Phase: t.StarlarkPhase, Micros: t.Functions[i].SelfMicros}}
	}
}

// numberOf is a measure that has to be known.
func numberOf(t testing.TB, e Evidence, m *Measure) float64 {
	t.Helper()
	n, known := e.Number(m)
	if !known {
		t.Fatalf("%s is not known", m.ID)
	}
	return n
}

func find(t testing.TB, r *Report, name, file string) *Suspect {
	t.Helper()
	for i := range r.Suspects {
		s := &r.Suspects[i]
		if s.Name != name {
			continue
		}
		got := ""
		if s.Definition != nil {
			got = r.Workspace.Rel(s.Definition.File)
		}
		if got == file {
			return s
		}
	}
	t.Fatalf("no suspect %s in %q among %v", name, file, names(r))
	return nil
}

func names(r *Report) []string {
	var all []string
	for _, s := range r.Suspects {
		name := s.Name
		if s.Definition != nil {
			name += "@" + r.Workspace.Rel(s.Definition.File)
		}
		all = append(all, name)
	}
	return all
}

func load(t testing.TB, root string) *starlark.Workspace {
	t.Helper()
	ws, err := starlark.Load(t.Context(), root, starlark.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return ws
}

func workspace(t testing.TB, changes map[string]string) *starlark.Workspace {
	t.Helper()
	return attributiontest.Workspace(t, changes)
}
