// SPDX-License-Identifier: Apache-2.0

//go:build fleet

package fleet

import (
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"
)

// synthetic are builds of thirty days: 600 of two projects, of which some die.
func synthetic() (all []Rows) {
	random := rand.New(rand.NewPCG(7, 7))
	begin := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	for i := range 600 {
		ended := begin.Add(time.Duration(i) * 72 * time.Minute).UnixMicro()
		limit, duration, paused, needed := int64(2<<30), int64(60e6+i*1000), int64(5e6), int64(1<<30+i<<20)
		project := []string{"app", "web"}[i%2]
		b := BuildRow{Schema: SchemaVersion, BuildID: fmt.Sprintf("%016x", i), Project: project, Commit: fmt.Sprintf("c%04d", i), EndedMicros: ended, BazelVersion: []string{"8.1.0", "9.0.0"}[i/300],
			Status: "ok", MemoryLimitBytes: &limit, DurationMicros: &duration, PausedMicros: &paused, NeededBytes: &needed}
		r := Rows{Build: b}
		if i > 200 && random.IntN(5) == 0 {
			r.Build.Status, r.Build.Crashed, r.Build.NeededBytes = "out_of_memory", true, nil
			crash := CrashRow{CrashID: b.BuildID + "-0", BuildID: b.BuildID, Project: project, Commit: b.Commit, BazelVersion: b.BazelVersion, EndedMicros: ended, Kind: "java_heap_space", Phase: "starlark"}
			p := float64(random.IntN(10)+1) / 10
			for k, probability := range []float64{p, 1 - p} {
				if probability < 1e-9 {
					continue
				}
				s := Suspect{CrashID: crash.CrashID, BuildID: b.BuildID, Project: project, Commit: b.Commit, EndedMicros: ended, Probability: probability,
					Culprit: fmt.Sprintf("@//a:x.bzl%%f%d", (i+k)%4), Verdict: "possible"}
				s.Kind, s.ByCulprit, s.ByWhat, s.ByStack = signatures(crash.Kind, s.Culprit, "", "")
				r.Suspects = append(r.Suspects, s)
			}
			crash.Signature = r.Suspects[0].ByStack
			r.Crashes = []CrashRow{crash}
		} else {
			r.Owners = []OwnerRow{{BuildID: b.BuildID, Project: project, Commit: b.Commit, EndedMicros: ended, AtEnd: true, Kind: "function", Name: "f0", Culprit: "@//a:x.bzl%f0", Targets: 3, RetainedBytes: int64(100 + i + i/400<<20), Objects: 1}}
		}
		all = append(all, r)
	}
	return all
}

// TestQueries: every query of the page runs as it stands, and those whose answer
// is known here give it.
func TestQueries(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rows := synthetic()
	groups, died := map[string]float64{}, map[string]int{}
	builds := map[string]int{}
	for _, r := range rows {
		if _, _, err := Write(filepath.Join(dir, "rows"), r); err != nil {
			t.Fatal(err)
		}
		date := time.UnixMicro(r.Build.EndedMicros).UTC().Format(time.DateOnly)
		builds[date]++
		if r.Build.Crashed {
			died[date]++
		}
		for _, s := range r.Suspects {
			groups[s.Project+s.Culprit] += s.Probability
		}
	}
	results := ask(t, "duckdb", dir)
	for name, rows := range results {
		if name != "tables" && name != "compact" && len(rows) == 0 {
			t.Errorf("%s: no row", name)
		}
	}
	number := func(row map[string]any, column string) float64 {
		n, ok := row[column].(float64)
		if !ok {
			t.Fatalf("%s is %v", column, row[column])
		}
		return n
	}
	if len(results["groups"]) != len(groups) {
		t.Errorf("%d groups, want %d", len(results["groups"]), len(groups))
	}
	for _, row := range results["groups"] {
		if want := groups[row["of_project"].(string)+row["culprit"].(string)]; math.Abs(number(row, "crashes")-want) > 1e-6 {
			t.Errorf("%v counts %v, want %g", row["culprit"], row["crashes"], want)
		}
	}
	for _, row := range results["rate"] {
		date := row["date"].(string)
		k, n := float64(died[date]), float64(builds[date])
		// Wilson's interval, as the textbook has it.
		const z = 1.96
		middle, half := (k+z*z/2)/(n+z*z), z*math.Sqrt(k*(n-k)/n+z*z/4)/(n+z*z)
		if number(row, "builds") != n || number(row, "died") != k || math.Abs(number(row, "low")-(middle-half)) > .002 || math.Abs(number(row, "high")-(middle+half)) > .002 {
			t.Errorf("%s: %v, want %g of %g in %.3f to %.3f", date, row, k, n, middle-half, middle+half)
		}
	}
	if len(results["rate"]) != len(builds) {
		t.Errorf("%d days, want %d", len(results["rate"]), len(builds))
	}
	if g := results["growth"][0]; number(g, "growth") < 100 {
		t.Errorf("the growth is %v", g)
	}
	if len(results["versions"]) != 2 || len(results["since"]) == 0 || results["since"][0]["last_without"] == nil {
		t.Errorf("versions %v, since %v", results["versions"], results["since"])
	}
	if made, _ := filepath.Glob(filepath.Join(dir, "compacted", "date=*", "*.parquet")); len(made) != len(builds) {
		t.Errorf("%d files after compaction, of %d days", len(made), len(builds))
	}
}

// TestDialects: a parser of the dialects of ClickHouse and BigQuery takes every
// query.
func TestDialects(t *testing.T) {
	t.Parallel()
	for name, rows := range ask(t, "sqlglot", t.TempDir()) {
		for _, row := range rows {
			if row["error"] != "" {
				t.Errorf("%s, %s: %s", name, row["dialect"], row["error"])
			}
		}
		if len(rows) != 2 {
			t.Errorf("%s: %v", name, rows)
		}
	}
}
