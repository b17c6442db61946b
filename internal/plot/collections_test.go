// SPDX-License-Identifier: Apache-2.0

package plot

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/bazel/trace"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/series"
)

// TestOneModelOfCollections: stats, the report, which the editor shows, and
// the pictures count the same collections and the same pauses, also where
// collections run beside the program.
func TestOneModelOfCollections(t *testing.T) {
	t.Parallel()
	profiles, _ := filepath.Glob("../bazel/trace/testdata/[er]*/*.profile*")
	more, _ := filepath.Glob("../../lsp/testdata/*/profile.gz")
	profiles = append(append(profiles, more...), besideTheProgram(t))
	if len(profiles) < 10 {
		t.Fatalf("profiles %v", profiles)
	}
	for _, path := range profiles {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, memoryProfiled := range []bool{false, true} {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "profile.gz"), string(data))
			if memoryProfiled {
				write(t, filepath.Join(dir, "memory.profile"), "build_phase:heap:used:1048576\n")
			}
			compareCollections(t, path, dir, memoryProfiled)
		}
	}
}

// besideTheProgram is a profile with four minor pauses of 20 ms, and ten
// collections beside the program of 50 ms, around one call.
func besideTheProgram(t *testing.T) string {
	var text strings.Builder
	text.WriteString(`{"otherData":{},"traceEvents":[` + "\n")
	gc := func(name string, at, length int) {
		fmt.Fprintf(&text, `{"cat":"gc notification","name":%q,"ph":"X","ts":%d,"dur":%d,"pid":1,"tid":9},`+"\n", name, at, length)
	}
	for i := range 4 {
		gc("minor GC", 100_000*i, 20_000)
	}
	for i := range 10 {
		gc("concurrent GC pause", 1_000_000+100_000*i, 50_000)
	}
	text.WriteString(`{"cat":"Starlark user function call","name":"f","ph":"X","ts":0,"dur":3000000,"pid":1,"tid":7}` + "\n]}\n")
	path := filepath.Join(t.TempDir(), "g1")
	write(t, path, text.String())
	return path
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func compareCollections(t *testing.T, path, dir string, memoryProfiled bool) {
	t.Helper()
	found, _, err := measurement.Open(t.Context(), dir)
	if err != nil || len(found) != 1 {
		t.Fatalf("%s: %d measurements, %v", path, len(found), err)
	}
	row, err := series.Read(t.Context(), found[0])
	if err != nil {
		t.Fatal(err)
	}
	o, err := observe.Read(t.Context(), found[0], observe.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	drawn, err := openProfile(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	stats, report, plot := row.Profile.GCs, o.Trace.GC.GCTotals, trace.SumCollections(drawn.Collections)
	if stats != report || stats != plot {
		t.Errorf("%s, --memory_profile %v:\nstats  %+v\nreport %+v\nplot   %+v", path, memoryProfiled, stats, report, plot)
	}
	if told := attribution.Conclude(t.Context(), []*observe.Observation{o}, nil, attribution.ConcludeOptions{}).Measurements[0]; told.GCCount != stats.Count {
		t.Errorf("%s: the report tells of %d collections of %d", path, told.GCCount, stats.Count)
	}
	if filepath.Base(path) == "g1" {
		f := o.Trace.Functions[0].GC
		if stats.Count != 14 || stats.Minor != 4 || stats.Major != 0 || stats.PauseMicros() != 80_000 || f.Minor != 4 || f.SharedPauseMicros != 80_000 || f.Events != 4 {
			t.Errorf("beside the program: %+v, of the call %+v", stats, f)
		}
	}
}
