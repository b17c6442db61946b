// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"example.invalid/starlark-memls/attribution/gather"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/attribution/stats"
)

// graphMetrics is the last event of a build of Bazel 7 or later. No such Bazel
// could be run where this was written: it is made by hand from the definition of
// BuildMetrics.BuildGraphMetrics in build_event_stream.proto (fields 10 to 13 and
// 17, EvaluationStat), as the JSON mapping of protocol buffers writes it: 64-bit
// numbers as strings, zeros left out.
const graphMetrics = `{"id":{"buildMetrics":{}},"lastMessage":true,"buildMetrics":{"buildGraphMetrics":{
"dirtiedValues":[{"skyfunctionName":"FILE_STATE","count":"3"}],
"changedValues":[{"skyfunctionName":"FILE_STATE","count":"1"}],
"builtValues":[{"skyfunctionName":"CONFIGURED_TARGET","count":"100"},{"skyfunctionName":"PACKAGE","count":"20"},{"skyfunctionName":"FILE_STATE","count":"7"}],
"cleanedValues":[{"skyfunctionName":"FILE_STATE","count":"2"}],
"evaluatedValues":[{"skyfunctionName":"CONFIGURED_TARGET","count":"%d"},{"skyfunctionName":"PACKAGE","count":"40"},{"skyfunctionName":"FILE_STATE","count":"7"}]}}}
`

// sweptBuild writes the measurement of a build that passed under a limit.
func sweptBuild(t *testing.T, dir string, limit, evaluated int) {
	t.Helper()
	writeMeasurement(t, dir, 1, 200)
	event := `{"id":{"started":{}},"started":{"uuid":"u"}}` + "\n"
	metrics := []byte(fmt.Sprintf(graphMetrics, evaluated))
	for i, c := range metrics[:len(metrics)-1] { // one event a line
		if c == '\n' {
			metrics[i] = ' '
		}
	}
	record := fmt.Sprintf(`{"schema":1,"memory_limit_bytes":%d,"run":"1","status":"ok"}`, limit<<20)
	for name, text := range map[string]string{"bep.json": event + string(metrics), "measurement.json": record} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReevaluated(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i, evaluated := range []int{180, 190, 200, 110, 112, 108} {
		sweptBuild(t, filepath.Join(dir, fmt.Sprint("build-", i)), 200+200*(i/3), evaluated)
	}
	g, err := gather.Paths(t.Context(), []string{dir}, observe.ReadOptions{})
	if err != nil || len(g.Observations) != 6 {
		t.Fatalf("%d observations: %v %v", len(g.Observations), err, g.Warnings)
	}
	got := Conclude(t.Context(), g.Observations, nil, ConcludeOptions{}).Reevaluated
	if len(got) != 2 || got[0].Function != "CONFIGURED_TARGET" || got[1].Function != "PACKAGE" {
		t.Fatalf("reevaluated are %+v", got)
	}
	first := got[0]
	if first.Builds != 6 || first.Restarts() != 300 || first.Ratio == nil || first.Ratio.Ratio < 8 || first.Ratio.Ratio > 10 || !first.Ratio.Worse() {
		t.Errorf("%+v %+v", first, first.Ratio)
	}
	if r := got[1].Ratio; r == nil || r.Worse() || r.Better() {
		t.Errorf("packages, which are alike at all limits: %+v", r)
	}
	var all stats.RateSums
	for _, restarts := range []float64{80, 90, 100} {
		all.Add(restarts, 100, 0, 0, 1)
	}
	for _, restarts := range []float64{10, 12, 8} {
		all.Add(0, 0, restarts, 100, 1)
	}
	if want := all.Rate(); want.Ratio != first.Ratio.Ratio || want.Low != first.Ratio.Low {
		t.Errorf("ratio %+v, run by run %+v", first.Ratio, want)
	}
	state := g.Observations[0].Evaluations[1]
	if want := (observe.Evaluations{Function: "FILE_STATE", Evaluated: 7, Built: 7, Dirtied: 3, Changed: 1, Cleaned: 2}); state != want {
		t.Errorf("%+v, want %+v", state, want)
	}
}
