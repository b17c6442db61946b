// SPDX-License-Identifier: Apache-2.0

package foretell

import (
	"flag"
	"math"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.invalid/starlark-memls/internal/gauge"
	"example.invalid/starlark-memls/internal/perfdata"
)

var update = flag.Bool("update", false, "write docs/before-the-crash.md anew")

// TestPage holds the page to the recorded builds.
func TestPage(t *testing.T) {
	t.Parallel()
	if testing.Short() && !*update {
		t.Skip("reads every recorded build many times")
	}
	builds, err := Load("builds")
	if err != nil {
		t.Fatal(err)
	}
	allocated, err := LoadAllocated("allocated")
	if err != nil {
		t.Fatal(err)
	}
	text := Page(builds, allocated)
	const path = "../../docs/before-the-crash.md"
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	committed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(committed), text); diff != "" {
		t.Errorf("docs/before-the-crash.md is out of date; go test ./internal/foretell -update (-committed +now):\n%s", diff)
	}
}

// TestDefaultRulesForetell: the rules that watch uses see what was recorded.
func TestDefaultRulesForetell(t *testing.T) {
	t.Parallel()
	builds, err := Load("builds")
	if err != nil {
		t.Fatal(err)
	}
	s := Measure(builds, gauge.DefaultRules())
	if s.Deaths == 0 || float64(s.Foretold) < 0.95*float64(s.Deaths) {
		t.Errorf("%d of %d deaths foretold, want 95 %%", s.Foretold, s.Deaths)
	}
	if float64(s.FalseAlarms) > 0.2*float64(s.Passed) {
		t.Errorf("%d false alarms in %d builds that passed", s.FalseAlarms, s.Passed)
	}
}

// TestNeedIsWhatWasLearned: watch, measure and --find-limit estimate with the
// ratios that the page gives.
func TestNeedIsWhatWasLearned(t *testing.T) {
	t.Parallel()
	builds, err := Load("builds")
	if err != nil {
		t.Fatal(err)
	}
	low, middle, high := Learn(Ratios(builds))
	const peak, roomy = 1 << 40, 1 << 50
	need := gauge.NeedOf(peak, roomy)
	for _, x := range []struct {
		name    string
		bytes   int64
		learned float64
	}{{"median", need.Bytes, middle}, {"low", need.LowBytes, low}, {"high", need.HighBytes, high}} {
		if used := float64(x.bytes) / peak; math.Abs(used-x.learned) > 0.005 {
			t.Errorf("%s: need.go has %.2f, the recorded builds say %.4f", x.name, used, x.learned)
		}
	}
}

// made is a build with full collections at these seconds, each leaving a share
// of 100 MiB.
func made(scenario string, limitMiB int64, died bool, at ...float64) Build {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	b := Build{Outcome: Outcome{Scenario: scenario, Kind: scenario[:1], LimitBytes: limitMiB << 20, Died: died},
		Recording: &gauge.Recording{Header: gauge.Header{Start: start, Collector: perfdata.G1, LimitBytes: limitMiB << 20}}}
	s := gauge.Sample{At: start, Sample: perfdata.Sample{Collector: perfdata.G1, LimitBytes: limitMiB << 20}}
	b.Samples = append(b.Samples, s)
	for _, second := range at {
		s.At = start.Add(time.Duration(second * float64(time.Second)))
		s.Full.Count++
		s.LastCause, s.UsedBytes = "G1 Compaction Pause", limitMiB<<20*96/100
		b.Samples = append(b.Samples, s)
	}
	if died {
		b.DiedAt = s.At.Add(10 * time.Second)
	}
	return b
}

func TestMeasure(t *testing.T) {
	t.Parallel()
	builds := []Build{
		made("a-01", 100, true, 10, 12, 14), // foretold 12 s before: at the second
		made("a-01", 105, false, 10),        // near, no alarm
		made("b-01", 100, true, 10),         // not foretold
		made("b-01", 100, false, 10, 12),    // near, a false alarm
		made("c-01", 900, false),
	}
	rules := gauge.DefaultRules()
	rules.FullCollections = 2
	got := Measure(builds, rules)
	want := Score{Deaths: 2, Foretold: 1, Passed: 3, FalseAlarms: 1, Near: 2, NearAlarms: 1, Leads: []time.Duration{12 * time.Second}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestLearnAndCoverage(t *testing.T) {
	t.Parallel()
	var ratios []Ratio
	for i := range 20 {
		x := 0.8 + float64(i)/50
		ratios = append(ratios, Ratio{Scenario: string(rune('a' + i)), Low: x, High: x})
	}
	low, middle, high := Learn(ratios)
	if low < 0.8 || low > 0.83 || high > 1.18+1e-9 || high < 1.15 || middle < 0.98 || middle > 1.02 {
		t.Errorf("%.3f %.3f %.3f", low, middle, high)
	}
	if held, of := Coverage(ratios); of != 20 || held < 16 || held == 20 {
		t.Errorf("%d of %d: the extremes cannot be held by an interval learned without them", held, of)
	}
}
