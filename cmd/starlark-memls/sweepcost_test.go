// SPDX-License-Identifier: Apache-2.0

package main

import (
	"path/filepath"
	"strings"
	"testing"

	"example.invalid/starlark-memls/internal/measure"
	"example.invalid/starlark-memls/internal/measurement"
)

func TestCostOfASweep(t *testing.T) {
	t.Parallel()
	sweep := &measure.Job{Request: measure.Request{Jobs: 1}}
	for _, test := range []struct {
		of, done int
		job      *measure.Job
		each     int64
		want     string
	}{
		{12, 0, sweep, 45_000_000, "12 builds, each from nothing; one here took 45 s: about 9 min 0 s, more where a build is near its limit"},
		{1, 0, sweep, 0, "1 build, each from nothing; how long one takes is not known here yet"},
		{12, 4, sweep, 1_000_000, "8 of 12 builds to go, each from nothing; one here took 1 s: about 8 s, more where a build is near its limit"},
		{7, 0, &measure.Job{Request: measure.Request{Jobs: 3}}, 2_000_000, "7 builds, each from nothing; one here took 2 s: about 6 s, more where a build is near its limit"},
		{25, 0, &measure.Job{Search: &measure.Search{}}, 60_000_000, "at most 25 builds, each from nothing; one here took 1 min 0 s: about 25 min 0 s, more where a build is near its limit"},
	} {
		if got := cost(test.of, test.done, test.job, test.each, "one here"); got != test.want {
			t.Errorf("%d of %d:\n%s\nwant\n%s", test.done, test.of, got, test.want)
		}
	}
}

func TestPlanText(t *testing.T) {
	t.Parallel()
	five := []int64{1 << 28, 2 << 28, 3 << 28, 4 << 28, 5 << 28}
	modes := []measurement.Mode{measurement.Regular, measurement.NoBuild}
	for want, sweep := range map[string]measure.Sweep{
		"11 builds: 5 limits x 2 runs + 1 warm-up":             {Limits: five, Runs: 2, Warmups: 1, Modes: modes[:1]},
		"2 builds: 1 limit x 1 run x 2 modes":                  {Limits: five[:1], Runs: 1, Modes: modes},
		"3 builds: 5 limits x 1 run, shard 1 of 2 + 1 warm-up": {Limits: five, Shard: 1, Shards: 2, Runs: 1, Warmups: 1, Modes: modes[:1]},
	} {
		sweep.Out = t.TempDir()
		if got := planText(&sweep); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestBuildTime: the builds of the series that passed say how long one takes;
// of none there is nothing to say.
func TestBuildTime(t *testing.T) {
	t.Parallel()
	series := filepath.Join("..", "..", "examples", "memory-eater", "measurements")
	micros, whose := buildTime(t.Context(), series, "")
	if micros < 1e6 || micros > 1e8 || whose != "one here" {
		t.Errorf("a build takes %d us, says %q", micros, whose)
	}
	if other, whose := buildTime(t.Context(), t.TempDir(), series); other < 1e6 || !strings.Contains(whose, "last") {
		t.Errorf("a build takes %d us, says %q", other, whose)
	}
	if micros, whose := buildTime(t.Context(), t.TempDir(), ""); micros != 0 || whose != "" {
		t.Errorf("a build takes %d us, says %q", micros, whose)
	}
}
