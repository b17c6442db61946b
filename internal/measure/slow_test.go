// SPDX-License-Identifier: Apache-2.0

//go:build e2e && slow

package measure_test

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.invalid/starlark-memls/internal/bazeltest"
	"example.invalid/starlark-memls/internal/measure"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/plot"
	"example.invalid/starlark-memls/internal/series"
	"example.invalid/starlark-memls/internal/threshold"
)

// What takes long writes what it has found into docs/. The sweeps can be taken
// up again: with SWEEP_DIR they lie in that folder and not in a temporary one.

// slowLimits are around what the example needs.
const slowLimits = "200m:350m:25m,400m:500m:50m,600m,700m"

// slowSweep is a sweep of the example that lies where SWEEP_DIR says.
func slowSweep(t *testing.T) (s *measure.Sweep, dir string) {
	t.Helper()
	w := bazeltest.New(t, "memory-eater", bazeltest.WorkspaceOptions{NoLinks: true})
	s = realSweep(t, w, slowLimits)
	s.HeapDumps, s.Warmups, s.Seed = measurement.NoHeapDumps, 1, 7
	dir = os.Getenv("SWEEP_DIR")
	if dir == "" {
		dir = filepath.Dir(s.Out)
	}
	return s, dir
}

// TestSweepOfTheExample sweeps twelve limits, three times, in two modes, holds
// the table against the origin's rules, and keeps table and picture in docs/.
func TestSweepOfTheExample(t *testing.T) {
	s, dir := slowSweep(t)
	s.Out, s.Runs, s.Modes = filepath.Join(dir, "series"), 3, []measurement.Mode{measurement.Regular, measurement.NoBuild}
	runSweep(t, s)
	rows, _, err := series.Open(t.Context(), s.Out)
	if err != nil {
		t.Fatal(err)
	}
	for _, mode := range s.Modes {
		compareWithOracle(t, filepath.Join(s.Out, string(mode)))
	}
	rows = slices.DeleteFunc(rows, func(r series.Row) bool { return r.Run > "3" && !r.Warmup })
	list := plot.Summarize(rows, plot.Choice{})
	slices.Reverse(list) // regular, against which nobuild stands
	writePicture(t, "sweep", list)
	writePicture(t, "sweep-regular", list[:1])

	var page bytes.Buffer
	fmt.Fprintf(&page, "# A sweep of the example\n\n%s\n\n![Duration and crashes over the memory limit, regular and nobuild](images/sweep.svg)\n\n![Duration, collections and crashes, regular](images/sweep-regular.svg)\n\n",
		provenance(t, "TestSweepOfTheExample", rows))
	fmt.Fprintf(&page, "%s. Each line of the first table: MiB, mean and standard deviation of the duration (s), mean minus deviation, ok or crash, crashes of builds.\n\n```\n", series.Outcomes(rows))
	if err := plot.WriteLines(&page, io.Discard, list); err != nil {
		t.Fatal(err)
	}
	page.WriteString("```\n\n```\n")
	for i := range rows {
		rows[i].FirstError = ""
	}
	if err := series.WriteTable(&page, rows); err != nil {
		t.Fatal(err)
	}
	page.WriteString("```\n")
	writeDoc(t, "sweep-of-the-example.md", page.Bytes())
}

func compareWithOracle(t *testing.T, dir string) {
	t.Helper()
	rows, _, err := series.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	var table bytes.Buffer
	if err := series.WriteCSV(&table, rows); err != nil {
		t.Fatal(err)
	}
	folders, _ := filepath.Glob(filepath.Join(dir, "*"))
	oracle, err := exec.Command("sh", append([]string{"../series/testdata/stats.sh"}, folders...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	got, want := strings.Split(table.String(), "\n"), strings.Split(string(oracle), "\n")
	if len(got) != len(want) {
		t.Fatalf("%d lines, the origin's rules give %d", len(got), len(want))
	}
	for i := range got {
		if got[i] != want[i] {
			t.Errorf("line %q, the origin's rules give %q", got[i], want[i])
		}
	}
}

// TestFindLimitAgainstGrid looks three times for the limit that the example
// needs, with at most 25 builds, and holds each interval against that of a
// grid of sixty.
func TestFindLimitAgainstGrid(t *testing.T) {
	s, dir := slowSweep(t)
	s.Out, s.Runs = filepath.Join(dir, "series", "regular"), 5
	runSweep(t, s)
	grid, err := threshold.Judge(t.Context(), s.Out, measurement.Regular)
	if err != nil || grid.Estimate.Trials < 60 {
		t.Fatalf("the grid has %d builds, %v; want 60", grid.Estimate.Trials, err)
	}
	var page bytes.Buffer
	rows, _, err := series.Open(t.Context(), s.Out)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&page, "# threshold.Finding the limit of the example\n\n%s\n\nThe limit at which half of the builds crash, with its 95 %% interval, found with `--find-limit --budget 25` from nothing but the machine's memory, against a grid of limits.\n\n", provenance(t, "TestFindLimitAgainstGrid", rows))
	page.WriteString("| | builds | half crash at (MiB) | 95 % interval | to either side | 99 % pass at (MiB) | random band |\n|---|---|---|---|---|---|---|\n")
	writeEstimate(&page, "grid", grid.Estimate)
	all := slices.Clone(grid.Trials)
	var searches []threshold.Judgement
	for i := 1; i <= 3; i++ {
		found := searchOnce(t, s, filepath.Join(dir, fmt.Sprintf("find%d", i)))
		writeEstimate(&page, fmt.Sprintf("search %d", i), found.Estimate)
		searches, all = append(searches, found), append(all, found.Trials...)
	}
	// How wide the random band is, neither the grid alone nor a search can
	// tell; all builds together can.
	pooled, err := threshold.JudgeTrials(all)
	if err != nil {
		t.Fatal(err)
	}
	writeEstimate(&page, "all together", pooled.Estimate)
	fmt.Fprintf(&page, "\nThe random band, from 90 %% to 10 %% crashes, is %.0f %% wide by all builds together (95 %% interval %.0f to %.0f %%). A search ends at ±5 %%, or after 25 builds; its interval must then be no wider than the band.\n",
		100*pooled.Band, 100*pooled.BandLow, 100*pooled.BandHigh)
	page.WriteString("\n")
	for i, found := range searches {
		fmt.Fprintf(&page, "- Search %d ends at ±%.1f %%, %s.\n", i+1, 100*found.Half.RelativeHalfWidth(), verdict(found.Half, pooled.Band))
		half, g := found.Half, grid.Half
		if half.LowBytes > g.HighBytes || g.LowBytes > half.HighBytes {
			t.Errorf("search %d: %s, the grid's is %s: they do not overlap", i+1, interval(half), interval(g))
		}
		if half.RelativeHalfWidth() > max(0.05, pooled.Band/2) {
			t.Errorf("search %d is known to ±%.1f %% only; the random band is %.0f %%", i+1, 100*half.RelativeHalfWidth(), 100*pooled.Band)
		}
	}
	writeDoc(t, "finding-the-limit.md", page.Bytes())
}

// verdict says by which of the two measures an interval is narrow enough.
func verdict(half threshold.Interval, band float64) string {
	switch width := half.RelativeHalfWidth(); {
	case width <= 0.05:
		return "as narrow as was asked for"
	case width <= band/2:
		return "wider than was asked for, but no wider than the band"
	}
	return "wider than was asked for, and wider than the band"
}

func searchOnce(t *testing.T, s *measure.Sweep, out string) threshold.Judgement {
	t.Helper()
	span := measure.DefaultSpan()
	search := &measure.Search{BuildOptions: s.BuildOptions, Bazel: s.Bazel, Out: out, Mode: measurement.Regular,
		Range: threshold.Range{LowBytes: span[0], HighBytes: span[1]}, StepBytes: 1 << 20, Precision: 0.05, Budget: 25}
	found, err := search.Run(t.Context(), io.Discard, func(e measure.SweepEvent, f threshold.Judgement) {
		if e.Record != nil {
			t.Logf("%s: %s; %s", e.Name(), e.Record.Status, interval(f.Half))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func interval(i threshold.Interval) string {
	return fmt.Sprintf("%.0f–%.0f", i.LowBytes/(1<<20), i.HighBytes/(1<<20))
}

func writeEstimate(w io.Writer, name string, e threshold.Estimate) {
	fmt.Fprintf(w, "| %s | %d | %.0f | %s | ±%.1f %% | %.0f (%s) | %.0f %% |\n", name, e.Trials, e.Half.Bytes/(1<<20), interval(e.Half),
		100*e.Half.RelativeHalfWidth(), e.Safe.Bytes/(1<<20), interval(e.Safe), 100*e.Band)
}

// provenance says when, from what and how figures were made.
func provenance(t *testing.T, test string, rows []series.Row) string {
	t.Helper()
	commit, err := exec.Command("git", "-C", bazeltest.Root(t), "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		commit = []byte("unknown")
	}
	var last time.Time
	for _, r := range rows {
		if r.Start.After(last) {
			last = r.Start
		}
	}
	how := ""
	if os.Getenv("SWEEP_DIR") != "" {
		how = ", with SWEEP_DIR: builds that `starlark-memls sweep` had done there before, from earlier commits, count"
	}
	return fmt.Sprintf("Measured %s, written at commit %s, with Bazel 4.2.3 (Debian's bazel-bootstrap), on a machine of %s that did other work too, by `make test-slow` (`%s`%s).",
		last.Format("2006-01-02"), strings.TrimSpace(string(commit)), machine(t, rows), test, how)
}

// machine is what the records say of it.
func machine(t *testing.T, rows []series.Row) string {
	for _, r := range rows {
		found, _, err := measurement.Open(t.Context(), r.Path)
		if err == nil && len(found) == 1 && found[0].Record != nil {
			return fmt.Sprintf("%d cores and %.0f GB", found[0].Record.HostCores, math.Round(float64(found[0].Record.HostMemoryBytes)/(1<<30)))
		}
	}
	return "unknown size"
}

func writePicture(t *testing.T, name string, list []plot.Series) {
	t.Helper()
	picture, err := plot.Limits(list)
	if err != nil {
		t.Fatal(err)
	}
	writeDoc(t, "images/"+name+".svg", picture.SVG())
}

func writeDoc(t *testing.T, name string, content []byte) {
	t.Helper()
	path := filepath.Join(bazeltest.Root(t), "docs", filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestKilledRealSweep kills a sweep with the real Bazel three times, at random
// moments, and takes it up again.
func TestKilledRealSweep(t *testing.T) {
	w := bazeltest.New(t, "memory-eater", bazeltest.WorkspaceOptions{NoLinks: true})
	s := realSweep(t, w, "100m,800m")
	s.Runs = 2
	for range 3 {
		killAfterStart(t, s, time.Duration(rand.IntN(20_000))*time.Millisecond)
	}
	runSweep(t, s)
	rows, _, err := series.Open(t.Context(), s.Out)
	if err != nil || len(rows) != len(s.Plan()) {
		t.Fatalf("%d rows, %v; want %d", len(rows), err, len(s.Plan()))
	}
	for _, r := range rows {
		if (r.MemoryLimitBytes == 800<<20) != (r.Status == measurement.OK) {
			t.Errorf("%s ended %s", r.Path, r.Status)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(s.Out, ".*")); len(left) > 0 {
		t.Errorf("left unfinished: %v", left)
	}
}

// TestExhaustedServersEnd: lists exhaust the heap on every thread, and then
// the server can hang with its client waiting for it. Each build ends within
// its time all the same, as a crash, with a heap dump.
func TestExhaustedServersEnd(t *testing.T) {
	w := bazeltest.New(t, "culprits", bazeltest.WorkspaceOptions{NoLinks: true})
	s := realSweep(t, w, "128m")
	s.Runs, s.Args, s.Timeout = 4, []string{"//lists/..."}, 5*time.Minute
	runSweep(t, s)
	found, _, err := measurement.Open(t.Context(), s.Out)
	if err != nil || len(found) != 4 {
		t.Fatalf("%d measurements, %v", len(found), err)
	}
	hung := 0
	for _, m := range found {
		if !m.Record.Status.Crashed() || len(m.Parts[measurement.HeapSummary]) == 0 {
			t.Errorf("%s ended %s with %v", m.Path, m.Record.Status, m.Parts)
		}
		if m.Record.Stopped == "hung" {
			hung++
		}
	}
	t.Logf("%d of 4 hung", hung)
}
