// SPDX-License-Identifier: Apache-2.0

package accuracy

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/internal/accuracy/generate"
	"example.invalid/starlark-memls/starlark"
)

var update = flag.Bool("update", false, "write docs/accuracy.md anew")

// TestPage computes the scores from the recorded corpus, holds them to the
// bars, and docs/accuracy.md to the scores.
func TestPage(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: concludes from the whole corpus")
	}
	t.Parallel()
	cases, err := Load(t.Context(), "corpus", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	outcomes, err := Ask(t.Context(), cases)
	if err != nil {
		t.Fatal(err)
	}
	nameless, err := Nameless(t.Context(), "corpus", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	withoutNames, err := Ask(t.Context(), nameless)
	if err != nil {
		t.Fatal(err)
	}
	field, err := Load(t.Context(), "field", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	open := AskField(t.Context(), field, func(c *Case) bool { return !c.HeldOut() })
	held := AskField(t.Context(), field, func(c *Case) bool { return c.HeldOut() })
	var text bytes.Buffer
	if err := WritePage(&text, open, held, outcomes, withoutNames); err != nil {
		t.Fatal(err)
	}
	holdToBars(t, SumUp(outcomes, everyCase))

	path := filepath.Join("..", "..", "docs", "accuracy.md")
	if *update {
		if err := os.WriteFile(path, text.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	committed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(committed), text.String()); diff != "" {
		t.Errorf("docs/accuracy.md is out of date; run make accuracy (-committed +now):\n%s", diff)
	}
}

// holdToBars fails where a point estimate over readable profiles is below its
// bar, a baseline is ahead, or somebody is called sure without a culprit.
func holdToBars(t *testing.T, r *Results) {
	t.Helper()
	for n, bar := range bars {
		ours := r.ours(true, n)
		if ours == nil {
			continue // not recorded: the page says so
		}
		if got := ours.Top1.Value(); got < bar {
			t.Errorf("top-1 with %s is %.1f %%, want %.0f %%", crashWord(n), 100*got, 100*bar)
		}
		if name, theirs := r.best(n); ours.Top1.Of >= enoughScenarios && theirs.Value() >= ours.Top1.Value() {
			t.Errorf("with %s, %s is as good: %.0f %%", crashWord(n), name, 100*theirs.Value())
		}
	}
	if got := r.Dump.Top1.Value(); r.Dump.Top1.Of >= dumpScenarios && got < dumpBar {
		t.Errorf("top-1 with a heap dump is %.1f %%, want %.0f %%", 100*got, 100*dumpBar)
	}
	if sure := r.Verdicts[attribution.Sure]; sure != nil && sure.Value() < sureBar {
		t.Errorf("of those called sure %.1f %% are guilty, want %.0f %%", 100*sure.Value(), 100*sureBar)
	}
	for n, by := range r.FalseAlarms {
		if s := by[attribution.Sure]; s != nil {
			t.Errorf("with %s, %.3g merely big builds have somebody called sure", crashWord(n), s.Of)
		}
	}
}

// TestScenarios: the same number makes the same files, other numbers others,
// and every right answer is a definition of the workspace.
func TestScenarios(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: concludes from the whole corpus")
	}
	t.Parallel()
	seen := map[string]string{}
	for _, s := range generate.Corpus(6, 3) {
		again := generate.New(s.Kind, number(t, s.ID))
		if again.Digest() != s.Digest() {
			t.Errorf("%s: made twice, it differs", s.ID)
		}
		if other, there := seen[s.Digest()]; there {
			t.Errorf("%s is %s", s.ID, other)
		}
		seen[s.Digest()] = s.ID
		if (len(s.Guilty) == 0) != (s.Kind == generate.MerelyBig) {
			t.Errorf("%s: guilty are %v", s.ID, s.Guilty)
		}
		ws, err := writeSources(t.Context(), s, filepath.Join(t.TempDir(), s.ID))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range ws.Problems() {
			t.Errorf("%s: %v", s.ID, p)
		}
		for _, g := range s.Guilty {
			if !defines(ws, g) {
				t.Errorf("%s: nothing is %v", s.ID, g)
			}
		}
	}
	if len(generate.Kinds()) != 12 {
		t.Errorf("kinds are %v", generate.Kinds())
	}
}

func number(t *testing.T, id string) int {
	t.Helper()
	n := 0
	for _, digit := range id[strings.LastIndex(id, "-")+1:] {
		n = n*10 + int(digit-'0')
	}
	return n
}

func defines(ws *starlark.Workspace, g generate.Culprit) bool {
	for _, d := range ws.Named(g.Function) {
		if ws.Rel(d.File) == g.File {
			return true
		}
	}
	return false
}

func TestCredit(t *testing.T) {
	t.Parallel()
	guilty := []generate.Culprit{{Function: "f", File: "a.bzl"}, {Function: "g", File: "b.bzl"}}
	for _, c := range []struct {
		function string
		files    []string
		want     float64
	}{
		{"f", []string{"a.bzl"}, 1},
		{"f", []string{"c.bzl", "a.bzl"}, .5},
		{"f", []string{"b.bzl"}, 0},
		{"g", []string{"b.bzl"}, 1},
		{"f", nil, 0},
	} {
		if got := (rankedPlace{function: c.function, files: c.files}).credit(guilty); got != c.want {
			t.Errorf("%s in %v counts %v, want %v", c.function, c.files, got, c.want)
		}
	}
	c := &Case{Scenario: generate.Scenario{Guilty: guilty}}
	wrong, right := rankedPlace{function: "x", files: []string{"x"}}, rankedPlace{function: "f", files: []string{"a.bzl"}}
	if got := grade([]rankedPlace{wrong, right}, c); got != (graded{0, 1, .5}) {
		t.Errorf("second place: %+v", got)
	}
}
