// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"strings"
	"testing"

	"example.invalid/starlark-memls/attribution/gather"
	"example.invalid/starlark-memls/attribution/observe"
)

func TestNothingToSay(t *testing.T) {
	t.Parallel()
	empty := &observe.Observation{Summary: observe.Summary{Path: "a"}, Trace: &observe.TraceFacts{}}
	r := conclude(t, nil, empty)
	if len(r.Suspects) != 0 || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0].Message, "no Starlark call") {
		t.Errorf("suspects %v, warnings %v", r.Suspects, r.Warnings)
	}
	dir := t.TempDir()
	writeMeasurement(t, dir, 1, 1) // one collection
	g, err := gather.Paths(t.Context(), []string{dir}, observe.ReadOptions{})
	if err != nil || len(g.Observations) != 1 || !g.Observations[0].NothingSeen {
		t.Fatalf("%+v, %v", g.Observations, err)
	}
	if r := conclude(t, nil, g.Observations...); len(r.Warnings) != 1 {
		t.Errorf("said twice: %v", r.Warnings)
	}
	if r := conclude(t, nil); len(r.Suspects)+len(r.Warnings)+len(r.Crashes) != 0 {
		t.Errorf("a report on nothing: %+v", r)
	}
}
