// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"example.invalid/starlark-memls/attribution/observe"
)

// restartedBuild is a profile in which packages are evaluated, each again
// later; "cause" runs just before most of the new beginnings, "own" is a macro
// that each new evaluation calls at once, "idle" runs at any time.
func restartedBuild(t *testing.T, r *rand.Rand, packages int) *observe.TraceFacts {
	t.Helper()
	var events []string
	event := func(category, name string, thread int, start, end int64) {
		events = append(events, fmt.Sprintf(`{"cat":%q,"name":%q,"ph":"X","pid":1,"tid":%d,"ts":%d,"dur":%d}`, category, name, thread, start, end-start))
	}
	const second = 1_000_000
	for i := range packages {
		event("package creation", fmt.Sprintf("p%d", i), 20, int64(i)*second, int64(i)*second+300_000)
	}
	at := int64(packages) * second
	for i := range packages {
		at += second + r.Int64N(4*second)
		name := fmt.Sprintf("p%d", i)
		if r.IntN(5) > 0 {
			event("Starlark user function call", "cause", 21, at-200_000, at+10_000)
		}
		event("Starlark user function call", "own", 20, at+60, at+90_000)
		event("package creation", name, 20, at, at+100_000)
		idle := r.Int64N(at)
		event("Starlark user function call", "idle", 22, idle, idle+150_000)
	}
	text := `{"otherData":{},"traceEvents":[` + strings.Join(events, ",\n") + "\n]}\n"
	facts := observed(t, folder(t, map[string]string{"profile.gz": zipped(t, text)})).Trace
	if facts.Damage != "" {
		t.Fatal(facts.Damage)
	}
	return facts
}

func TestConcurrentRestarts(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(6, 1))
	var all []*observe.Observation
	for i := range 5 {
		o := passedBuild(fmt.Sprint(i), nil)
		o.Trace = restartedBuild(t, r, 12)
		all = append(all, o)
	}
	if got := all[0].Trace.Restarting; len(got) != 9 || got[0] != (observe.Restarting{Package: observe.AnyPackage, Times: 12}) {
		t.Errorf("restarting are %v", got)
	}
	report := Conclude(t.Context(), all, nil, ConcludeOptions{})
	if len(report.Concurrent) == 0 || report.Concurrent[0].Function != "cause" || report.Concurrent[0].Package != observe.AnyPackage {
		t.Fatalf("concurrent are %+v", report.Concurrent)
	}
	first := report.Concurrent[0]
	if first.Restarts != 60 || first.Observed < 40 || first.Expected > 12 || first.QValue > 1e-4 {
		t.Errorf("%+v", first)
	}
	for _, c := range report.Concurrent {
		if c.Function != "cause" {
			t.Errorf("%+v is told", c)
		}
	}
	said := find(t, report, "cause", "").Reasons
	if !strings.Contains(strings.Join(said, "\n"), "of 60 restarts of packages") {
		t.Errorf("reasons are %q", said)
	}
	// One build shows less than it takes.
	if one := Conclude(t.Context(), all[:1], nil, ConcludeOptions{}); len(one.Concurrent) > 0 && one.Concurrent[0].QValue < 1e-3 {
		t.Errorf("from one build: %+v", one.Concurrent)
	}
}
