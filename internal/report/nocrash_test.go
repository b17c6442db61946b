// SPDX-License-Identifier: Apache-2.0

package report

import (
	"strings"
	"testing"
	"time"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/measurement"
)

// TestNoCrash: where nothing has crashed the answer says what is known of that,
// and how an older crash is seen.
func TestNoCrash(t *testing.T) {
	t.Parallel()
	suspect := []attribution.Suspect{{Rank: 1, Name: "f", Reasons: []string{"12 s of self time"}}}
	build := func(s measurement.Status) []observe.Summary { return []observe.Summary{{Path: "/m/1", Status: s}} }
	older := &attribution.OlderCrash{Path: "/cache/c1", Ended: time.Date(2026, 12, 1, 10, 0, 0, 0, time.Local)}
	for _, test := range []struct {
		report *attribution.Report
		want   string
	}{
		{&attribution.Report{Measurements: build(measurement.OK), Suspects: suspect}, "No crash in 1 build. The function to look at first is f, whose source is not here: 12 s of self time."},
		{&attribution.Report{Measurements: build(measurement.Unknown), Suspects: suspect}, "How the build ended is not known: give its console log, too. The function to look at first is f"},
		{&attribution.Report{Measurements: build(measurement.OK), Suspects: suspect, Older: older}, "No crash in the last build. An older one, of 2026-12-01 10:00:00, is kept: starlark-memls report /cache/c1. The function to look at first is f"},
		{&attribution.Report{Measurements: build(measurement.OK), Older: older}, "No crash in the last build. An older one, of 2026-12-01 10:00:00, is kept: starlark-memls report /cache/c1."},
		{&attribution.Report{Measurements: build(measurement.OK)}, "No crash, and no evidence names a Starlark function, in 1 build."},
	} {
		if got := Answer(test.report, options()); !strings.HasPrefix(got, test.want) {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}
