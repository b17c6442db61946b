// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/internal/plain"
	"example.invalid/starlark-memls/internal/report"
)

type pathsIn struct {
	Paths []string `json:"paths,omitempty" jsonschema:"measurements; none: the workspace's last build"`
}

type suspectsIn struct {
	pathsIn
	Top int `json:"top,omitempty" jsonschema:"how many (default 5)"`
}

type evidenceIn struct {
	pathsIn
	Function string `json:"function" jsonschema:"its name, or its rank among the suspects (\"1\")"`
	File     string `json:"file,omitempty" jsonschema:"a part of its file's path, where several have the name"`
}

// A concluded is a report with how its places are written.
type concluded struct {
	*attribution.Report
	o report.Options
}

func (t tools) conclude(ctx context.Context, paths []string) (concluded, error) {
	absolute, err := t.absolute(paths)
	if err != nil {
		return concluded{}, err
	}
	r, ws, err := t.Conclude(ctx, absolute)
	if err != nil {
		return concluded{}, err
	}
	c := concluded{Report: r, o: report.Options{Root: t.Root}}
	if ws != nil {
		c.o.Root = ws.Root()
	}
	return c, nil
}

// absolute are paths as the tools' sources want them; a relative one lies in the
// workspace.
func (t tools) absolute(paths []string) ([]string, error) {
	out := make([]string, len(paths))
	for i, path := range paths {
		switch {
		case path == "":
			return nil, errors.New("an empty path: name a measurement, or leave paths out for the workspace's last build")
		case filepath.IsAbs(path), t.Root == "":
			out[i] = path
		default:
			out[i] = filepath.Join(t.Root, path)
		}
	}
	return out, nil
}

func (t tools) explainCrash(ctx context.Context, in pathsIn) (*Answer, error) {
	c, err := t.conclude(ctx, in.Paths)
	if err != nil {
		return nil, err
	}
	a := &Answer{Verdict: report.Answer(c.Report, c.o), Certainty: string(attribution.NotKnown), Next: slices.Clone(c.Surer), Caveats: c.caveats(nil)}
	if len(c.Suspects) > 0 {
		s := &c.Suspects[0]
		c.judge(a, s)
		a.Caveats = c.caveats(s)
		if c.Tied() == 1 {
			a.Place = c.place(s)
			a.Data = repositoryData(c.source(s))
		}
	}
	if len(c.Held) > 0 {
		h := &c.Held[0]
		a.Change = &AnswerPlace{h.Function(), c.path(cmp.Or(h.Source, h.File)), h.Line}
		a.Why = append([]string{"the line " + h.String()}, a.Why...)
		if h.Advice != "" {
			a.Next = append([]string{h.Advice}, a.Next...)
		}
	}
	if len(c.Crashes) > 0 {
		a.Crash = c.crash(&c.Crashes[0])
	}
	return a, nil
}

// judge puts in how far the evidence against a suspect goes, and the evidence.
func (c concluded) judge(a *Answer, s *attribution.Suspect) {
	a.Certainty, a.Meaning = string(cmp.Or(s.Verdict, attribution.NotKnown)), s.Meaning()
	a.Why = slices.Clone(s.Reasons)
}

// place is where a suspect stands; of several of its name, the most probable.
func (c concluded) place(s *attribution.Suspect) *AnswerPlace {
	p := &AnswerPlace{Function: s.Name, File: c.path(s.PrintedFile)}
	if d := s.Definition; d != nil {
		p.File, p.Line = c.path(d.File), d.NameRange.Start.Line
	}
	return p
}

func (c concluded) path(p string) string {
	if rel, err := filepath.Rel(c.o.Root, p); c.o.Root != "" && filepath.IsAbs(p) && err == nil && filepath.IsLocal(rel) {
		p = rel
	}
	return filepath.ToSlash(p)
}

// source is the line of a suspect that its evidence speaks of, with those around.
func (c concluded) source(s *attribution.Suspect) []string { return report.Excerpt(s, c.o) }

// caveats are what the data cannot show. Warnings quote what is in files: no more
// of them than says what is missing.
func (c concluded) caveats(s *attribution.Suspect) []string {
	var out []string
	if s != nil {
		out = slices.Clone(s.Blind)
		if s.Stale {
			out = append(out, "its source was edited since the measurement")
		}
		if n := len(s.Posterior); n > 1 {
			out = append(out, fmt.Sprintf("%d functions have this name; that it is this one is %s probable", n, s.Posterior[0].Chance()))
		}
	}
	for _, w := range c.Warnings[:min(3, len(c.Warnings))] {
		out = append(out, strings.TrimPrefix(c.path(w.Path)+": ", ": ")+w.Message)
	}
	return out
}

func (c concluded) crash(crash *attribution.Crash) *AnswerCrash {
	out := &AnswerCrash{Cause: string(crash.Cause), Target: crash.Target, Aspect: crash.Aspect}
	if len(crash.Threads) == 0 {
		return out
	}
	const most = 8
	t := &crash.Threads[0]
	out.Statement = t.Statement
	for i := range t.Frames[:min(most, len(t.Frames))] {
		f := &t.Frames[i]
		file, line := f.File, f.Line
		if f.Source != "" {
			file, line = f.Source, f.SourceLine
		}
		out.Stack = append(out.Stack, fmt.Sprintf("%s %s:%d", f.Function, c.path(file), line))
	}
	if n := len(t.Frames) - most; n > 0 {
		out.Stack = append(out.Stack, fmt.Sprintf("and %d more", n))
	}
	return out
}

func (t tools) suspects(ctx context.Context, in suspectsIn) (*Answer, error) {
	c, err := t.conclude(ctx, in.Paths)
	if err != nil {
		return nil, err
	}
	a := &Answer{Verdict: report.Answer(c.Report, c.o), Certainty: string(attribution.NotKnown)}
	if len(c.Suspects) > 0 {
		c.judge(a, &c.Suspects[0])
		a.Why = nil
	}
	n := cmp.Or(max(in.Top, 0), 5)
	for i := range c.Suspects[:min(n, len(c.Suspects))] {
		s := &c.Suspects[i]
		row := TableRow{Name: fmt.Sprintf("%d. %s", s.Rank, s.Name), Place: c.place(s), Note: string(s.Verdict), Numbers: map[string]float64{"score": s.Score}}
		if len(s.Reasons) > 0 {
			row.Note += ": " + s.Reasons[0]
		}
		a.Rows = append(a.Rows, row)
	}
	a.Omitted = len(c.Suspects) - len(a.Rows)
	return a, nil
}

func (t tools) evidence(ctx context.Context, in evidenceIn) (*Answer, error) {
	c, err := t.conclude(ctx, in.Paths)
	if err != nil {
		return nil, err
	}
	s, err := c.find(in.Function, in.File)
	if err != nil {
		return nil, err
	}
	a := &Answer{Verdict: fmt.Sprintf("%s is suspect %d of %d.", s.Name, s.Rank, len(c.Suspects)), Place: c.place(s), Caveats: c.caveats(s), Data: repositoryData(c.source(s))}
	c.judge(a, s)
	for _, v := range s.Evidence {
		row := TableRow{Name: v.Measure.Label, Note: v.Measure.Meaning, Numbers: map[string]float64{}}
		v.Fields(func(name string, n float64) { row.Numbers[name] = n })
		a.Rows = append(a.Rows, row)
	}
	return a, nil
}

// find is the suspect that is meant.
func (c concluded) find(name, file string) (*attribution.Suspect, error) {
	for i := range c.Suspects {
		s := &c.Suspects[i]
		if (s.Name == name || fmt.Sprint(s.Rank) == name) && strings.Contains(c.place(s).File, file) {
			return s, nil
		}
	}
	return nil, fmt.Errorf("no evidence speaks of a function %s; suspects lists the %d that are known", plain.Cut(name, maxName), len(c.Suspects))
}

func (t tools) nextEvidence(ctx context.Context, in pathsIn) (*Answer, error) {
	c, err := t.conclude(ctx, in.Paths)
	if err != nil {
		return nil, err
	}
	a := &Answer{Certainty: string(attribution.NotKnown), Next: slices.Clone(c.Surer), Caveats: c.caveats(nil)}
	if len(c.Suspects) > 0 {
		c.judge(a, &c.Suspects[0])
		a.Why = nil
	}
	switch {
	case len(a.Next) > 0:
		a.Verdict = "The most useful next step is the first of next."
	case a.Certainty == string(attribution.Sure):
		a.Verdict = "Nothing more is needed: the evidence is enough. Change the code, then compare heaps of builds before and after."
	case len(c.Crashes) == 0:
		a.Verdict = "There is no crash to explain. To see who holds the memory of a build that passes: starlark-memls measure, or live."
	default:
		a.Verdict = "No step is known that would make it more certain."
	}
	return a, nil
}

func encode(a *Answer) (string, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(a)
	return strings.TrimSuffix(b.String(), "\n"), err
}

// plainError is an error in one short line, whatever file it quotes.
func plainError(err error) error {
	return errors.New(plain.Cut(strings.ReplaceAll(err.Error(), "\n", "; "), 2*maxSentence))
}
