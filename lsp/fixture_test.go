// SPDX-License-Identifier: Apache-2.0

package lsp

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/join"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/lsp/internal/session"
	"example.invalid/starlark-memls/starlark"
)

// evidenceFixture is a report in which definitions are named instead of held,
// as tests write it. File paths are relative to the workspace.
type evidenceFixture struct {
	Suspects []suspectFixture
	Crashes  []crashFixture
}

type suspectFixture struct {
	Name     string
	File     string   // of the definition; "" with Anywhere
	Anywhere []string // files of the candidates
	Score    float64
	Evidence attribution.Evidence
	Lines    []attribution.LineEvidence
	Reasons  []string
	Blind    []string
	Stale    bool
}

type crashFixture struct {
	Cause    console.Cause
	Target   string
	Aspect   string
	Older    bool
	Time     time.Time
	Stack    []frameFixture // innermost first
	Inferred string         // a suspect's name
	Why      string
}

type frameFixture struct {
	Function, File string
	Line           int
	Stale          bool
}

// parseFixture reads a fixture; names are matched without regard to case.
func parseFixture(raw []byte) (*evidenceFixture, error) {
	f := new(evidenceFixture)
	if err := json.Unmarshal(raw, f); err != nil {
		return nil, fmt.Errorf("evidence.json: %w", err)
	}
	return f, nil
}

// report joins the fixture with a workspace, as Conclude would.
func (f *evidenceFixture) report(ws *starlark.Workspace) *attribution.Report {
	r := &attribution.Report{Workspace: ws}
	for i, s := range f.Suspects {
		suspect := attribution.Suspect{Rank: i + 1, Name: s.Name, Score: s.Score, Evidence: s.Evidence,
			Lines: s.Lines, Reasons: s.Reasons, Blind: s.Blind, Stale: s.Stale}
		if s.File != "" {
			suspect.Definition = definitionIn(ws, s.File, s.Name)
			if suspect.Definition == nil {
				continue // the function is gone
			}
		}
		for _, file := range s.Anywhere {
			if d := definitionIn(ws, file, s.Name); d != nil {
				suspect.Candidates = append(suspect.Candidates, d)
			}
		}
		r.Suspects = append(r.Suspects, suspect)
	}
	for i, c := range f.Crashes {
		crash := attribution.Crash{Crash: join.Crash{Path: fmt.Sprintf("crash-%d", i), Cause: c.Cause, Target: c.Target, Aspect: c.Aspect, Older: c.Older, Time: c.Time}, InferredWhy: c.Why}
		if c.Target != "" {
			crash.TargetDefinition = ws.Target(c.Target)
		}
		if len(c.Stack) > 0 {
			t := attribution.Thread{Name: "skyframe-evaluator-1", Failed: true, Target: c.Target, Source: "console"}
			for _, frame := range c.Stack {
				out := attribution.Frame{Function: frame.Function, File: frame.File, Line: frame.Line, Stale: frame.Stale}
				if frame.File != "<builtin>" {
					out.Source, out.SourceLine = ws.Root()+"/"+frame.File, frame.Line
					out.Definition = ws.At(out.Source, frame.Line)
				}
				t.Frames = append(t.Frames, out)
			}
			crash.Threads = []attribution.Thread{t}
		}
		if j := slices.IndexFunc(r.Suspects, func(s attribution.Suspect) bool { return s.Name == c.Inferred }); j >= 0 {
			crash.Inferred = &r.Suspects[j]
		}
		r.Crashes = append(r.Crashes, crash)
	}
	return r
}

func definitionIn(ws *starlark.Workspace, file, name string) *starlark.Definition {
	for _, d := range ws.InFile(ws.Root() + "/" + file) {
		if d.Name == name {
			return d
		}
	}
	return nil
}

// fixturePipeline concludes what the fixture says, from every snapshot of the
// sources.
func fixturePipeline(f *evidenceFixture) session.Pipeline {
	p := quietPipeline()
	p.Conclude = func(_ context.Context, _ []*observe.Observation, ws *starlark.Workspace, _ attribution.ConcludeOptions) *attribution.Report {
		return f.report(ws)
	}
	p.Rebase = func(_ *attribution.Report, ws *starlark.Workspace) *attribution.Report { return f.report(ws) }
	return p
}
