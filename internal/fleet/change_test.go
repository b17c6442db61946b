// SPDX-License-Identifier: Apache-2.0

//go:build fleet

package fleet

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestChange: of simulated projects, most of whose builds begin to die more often
// on a known day, the interval of the query holds that day, and those whose rate
// does not change are not told to.
func TestChange(t *testing.T) {
	t.Parallel()
	const days, perDay, each = 60, 20, 150
	random := rand.New(rand.NewPCG(3, 4))
	begin := time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)
	date := func(day int) string { return begin.AddDate(0, 0, day).Format(time.DateOnly) }
	changes := map[string]int{} // of those that change, by project
	var of [days][]BuildRow
	for i := range 2 * each {
		project, at := fmt.Sprintf("p%03d", i), days
		if i < each {
			at = 10 + random.IntN(days-20)
			changes[project] = at
		}
		for day := range days {
			for n := range perDay {
				rate := .02
				if day >= at {
					rate = .07
				}
				of[day] = append(of[day], BuildRow{BuildID: fmt.Sprint(project, day, n), Project: project, Status: "ok", EndedMicros: begin.AddDate(0, 0, day).UnixMicro(), Crashed: random.Float64() < rate})
			}
		}
	}
	dir := t.TempDir()
	for _, r := range synthetic()[:300] { // tables that the other queries ask
		r.Build.Project = "other"
		if _, _, err := Write(filepath.Join(dir, "rows"), r); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.RemoveAll(filepath.Join(dir, "rows", "v1", "builds")); err != nil {
		t.Fatal(err)
	}
	for day := range days {
		text, err := encode(of[day])
		if err != nil {
			t.Fatal(err)
		}
		folder := filepath.Join(dir, "rows", "v1", "builds", "date="+date(day))
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "all.parquet"), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	held, told := 0, 0
	for _, row := range ask(t, "duckdb", dir)["change"] {
		at, changed := changes[row["project"].(string)]
		switch {
		case !changed && row["evidence"].(float64) > 12:
			told++
		case changed && row["earliest"].(string) <= date(at) && date(at) <= row["latest"].(string):
			held++
		}
	}
	t.Logf("%d of %d intervals hold the day; %d of %d without a change are told to have one", held, each, told, each)
	if held < each*9/10 || told > each*3/100 {
		t.Error("that is not what the page says")
	}
}
