// SPDX-License-Identifier: Apache-2.0

//go:build fleet

package fleet

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// ask runs the queries of standard input in the folder, one connection for all,
// and prints each result as JSON.
const ask = `
import json, sys, duckdb
connection = duckdb.connect()
connection.execute("SET enable_progress_bar = false")
results = {}
for query in json.load(sys.stdin):
    result = connection.execute(query["sql"])
    names = [column[0] for column in result.description or []]
    results[query["name"]] = [dict(zip(names, row)) for row in result.fetchall()]
json.dump(results, sys.stdout, default=str)
`

// synthetic are builds of thirty days: 600 of two projects, of which some die.
func synthetic() (all []Rows) {
	random := rand.New(rand.NewPCG(7, 7))
	begin := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	for i := range 600 {
		ended := begin.Add(time.Duration(i) * 72 * time.Minute).UnixMicro()
		limit, duration, paused, needed := int64(2<<30), int64(60e6+i*1000), int64(5e6), int64(1<<30+i<<20)
		project := []string{"app", "web"}[i%2]
		b := Build{Schema: SchemaVersion, BuildID: fmt.Sprintf("%016x", i), Project: project, Commit: fmt.Sprintf("c%04d", i), EndedMicros: ended, BazelVersion: []string{"8.1.0", "9.0.0"}[i/300],
			Status: "ok", MemoryLimitBytes: &limit, DurationMicros: &duration, PausedMicros: &paused, NeededBytes: &needed}
		r := Rows{Build: b}
		if i > 200 && random.IntN(5) == 0 {
			r.Build.Status, r.Build.Crashed, r.Build.NeededBytes = "out_of_memory", true, nil
			crash := Crash{CrashID: b.BuildID + "-0", BuildID: b.BuildID, Project: project, EndedMicros: ended, Kind: "java_heap_space", Phase: "starlark"}
			p := float64(random.IntN(10)+1) / 10
			for k, probability := range []float64{p, 1 - p} {
				if probability < 1e-9 {
					continue
				}
				s := Suspect{CrashID: crash.CrashID, BuildID: b.BuildID, Project: project, EndedMicros: ended, Probability: probability,
					Culprit: fmt.Sprintf("@//a:x.bzl%%f%d", (i+k)%4), Verdict: "possible"}
				s.Kind, s.ByCulprit, s.ByWhat, s.ByStack = signatures(crash.Kind, s.Culprit, "", "")
				r.Suspects = append(r.Suspects, s)
			}
			crash.Signature = r.Suspects[0].ByStack
			r.Crashes = []Crash{crash}
		} else {
			r.Owners = []Owner{{BuildID: b.BuildID, Project: project, EndedMicros: ended, AtEnd: true, Kind: "function", Name: "f0", Culprit: "@//a:x.bzl%f0", Targets: 3, RetainedBytes: int64(100 + i), Objects: 1}}
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
			groups[s.Culprit] += s.Probability
		}
	}
	type asked struct {
		Name string `json:"name"`
		SQL  string `json:"sql"`
	}
	var questions []asked
	for _, q := range queries(t) {
		questions = append(questions, asked{q.name, q.sql})
	}
	text, err := json.Marshal(questions)
	if err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join("..", "..", ".cache", "duckdb", "*", "bin", "python"))
	if err != nil || len(found) == 0 {
		t.Fatalf("DuckDB is not installed: scripts/fleet (%v)", err)
	}
	python, err := filepath.Abs(found[len(found)-1])
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", ask)
	cmd.Dir = dir
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	go func() { in.Write(text); in.Close() }()
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var results map[string][]map[string]any
	if err := json.Unmarshal(out, &results); err != nil {
		t.Fatal(err)
	}
	for _, q := range questions {
		if q.Name != "tables" && q.Name != "compact" && len(results[q.Name]) == 0 {
			t.Errorf("%s: no row", q.Name)
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
		if want := groups[row["culprit"].(string)]; math.Abs(number(row, "crashes")-want) > 1e-6 {
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
	if len(results["versions"]) < 3 || len(results["since"]) == 0 || results["since"][0]["last_without"] == nil {
		t.Errorf("versions %v, since %v", results["versions"], results["since"])
	}
	if made, _ := filepath.Glob(filepath.Join(dir, "compacted", "date=*", "*.parquet")); len(made) != len(builds) {
		t.Errorf("%d files after compaction, of %d days", len(made), len(builds))
	}
}
