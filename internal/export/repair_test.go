// SPDX-License-Identifier: Apache-2.0

package export

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"example.invalid/starlark-memls/internal/bazel/trace"
)

// recordedProfiles are the profiles in the repository that a Bazel wrote.
func recordedProfiles(t *testing.T) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	for _, pattern := range []string{"bazel/trace/testdata/recorded/*", "bazel/trace/testdata/excerpts/*", "../examples/*/measurements*/*/profile.gz", "../lsp/testdata/*/profile.gz"} {
		paths, err := filepath.Glob(filepath.Join("..", filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			found[path] = text
		}
	}
	if len(found) < 20 {
		t.Fatalf("only %d profiles found", len(found))
	}
	return found
}

func eventsOf(t *testing.T, text []byte) ([]trace.Event, trace.ProfileSummary) {
	t.Helper()
	var events []trace.Event
	sum, err := trace.Read(t.Context(), bytes.NewReader(text), func(e *trace.Event) error {
		kept := *e
		kept.Args, kept.NameID = slices.Clone(e.Args), 0
		events = append(events, kept)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return events, sum
}

// TestRepair makes a whole profile of every recorded one, and of cuts of them: any
// parser of JSON reads it, and every event from before the cut is there.
func TestRepair(t *testing.T) {
	t.Parallel()
	for path, text := range recordedProfiles(t) {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			cuts := []int{len(text), len(text) * 2 / 3}
			if !testing.Short() {
				cuts = append(cuts, len(text)/7, len(text)-5)
			}
			for _, n := range cuts {
				repaired(t, text[:n])
			}
		})
	}
}

func repaired(t *testing.T, text []byte) {
	t.Helper()
	want, before := eventsOf(t, text)
	if len(want) == 0 {
		return
	}
	var out bytes.Buffer
	mark := Mark{Name: "the \"end\"\n", Micros: before.LastMicros, About: []trace.Arg{{Key: "answer", Text: "docs/defs.bzl:7 <“é”>"}}}
	repair := Repair{Marks: func(trace.ProfileSummary) []Mark { return []Mark{mark} }, Heap: []HeapSample{{5, 3 << 20, 8 << 20}, {6, 4 << 20, 0}}}
	if _, err := repair.Write(t.Context(), &out, bytes.NewReader(text)); err != nil {
		t.Fatal(err)
	}

	// As others read it.
	var file struct {
		Events []struct {
			Name, Ph, Cat, S string
			Ts, Dur          int64
			Args             map[string]any
		} `json:"traceEvents"`
		Other map[string]any `json:"otherData"`
	}
	if err := json.Unmarshal(out.Bytes(), &file); err != nil {
		t.Fatalf("of %d events: %v", len(want), err)
	}
	last := file.Events[len(file.Events)-3]
	if last.Name != mark.Name || last.Ph != "i" || last.S != "g" || last.Cat != "starlark-memls" || last.Args["answer"] != mark.About[0].Text {
		t.Errorf("the mark became %+v", last)
	}
	for _, e := range file.Events {
		for key, value := range e.Args {
			if _, number := value.(float64); e.Ph == "C" && !number {
				t.Errorf("counter %s: %s is %v", e.Name, key, value)
			}
		}
	}

	// As we do.
	got, after := eventsOf(t, out.Bytes())
	if after.Damage != "" {
		t.Errorf("the repaired profile: %q", after.Damage)
	}
	if diff := cmp.Diff(before.Header, after.Header); diff != "" {
		t.Error(diff)
	}
	cut := slices.ContainsFunc(got, func(e trace.Event) bool { return e.Name == "the profile is cut here" })
	if cut != (before.Damage != "") {
		t.Errorf("cut told: %v, damage: %q", cut, before.Damage)
	}
	got = slices.DeleteFunc(got, func(e trace.Event) bool { return e.Category == categoryFinding || e.Name == counterHeap })
	for i := range want {
		if want[i].Phase == 'i' || want[i].Phase == 'M' {
			want[i].HasDuration = got[i].HasDuration
		}
		want[i].HasDuration = want[i].HasDuration || want[i].Phase == 'X'
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%d events, %d after (-want +got):\n%.2000s", len(want), len(got), diff)
	}
}

// TestRepairRedacts writes a profile whose every name of the user's is secret.
func TestRepairRedacts(t *testing.T) {
	t.Parallel()
	profile := `{"otherData":{"output_base":"/secret/base","build_id":"secret"},"traceEvents":[
{"name":"thread_name","ph":"M","pid":1,"tid":7,"args":{"name":"skyframe-evaluator-3"}},
{"cat":"Starlark user function call","name":"secret_impl","ph":"X","ts":1,"dur":9,"pid":1,"tid":7},
{"cat":"package creation","name":"secret/pkg","ph":"X","ts":1,"dur":9,"pid":1,"tid":7},
{"cat":"package creation","name":"secret/pkg","ph":"X","ts":20,"dur":9,"pid":1,"tid":7},
{"cat":"action processing","name":"Compiling secret.cc","ph":"X","ts":1,"dur":9,"args":{"target":"//secret:t"},"pid":1,"tid":7},
{"cat":"gc notification","name":"major GC","ph":"X","ts":1,"dur":9,"pid":1,"tid":8}`
	for _, redact := range []bool{false, true} {
		var out bytes.Buffer
		if _, err := (Repair{Redact: redact}).Write(t.Context(), &out, strings.NewReader(profile)); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out.String(), "secret") == redact || !strings.Contains(out.String(), "major GC") || !strings.Contains(out.String(), "skyframe-evaluator-3") || !strings.Contains(out.String(), "evaluated again") {
			t.Errorf("redact %v:\n%s", redact, out.String())
		}
	}
}

// FuzzRepair: whatever is cut or damaged where, what comes out is whole.
func FuzzRepair(f *testing.F) {
	f.Add([]byte(`{"traceEvents":[{"name":"a\u0000\"","cat":"x","ph":"C","ts":1,"tid":1,"args":{"v":"1e3"}},{"name":"b"`))
	f.Add([]byte("[{\"ph\":\"X\",\"ts\":-5,\"name\":\"\xff\"}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var out bytes.Buffer
		sum, err := (Repair{}).Write(t.Context(), &out, bytes.NewReader(text))
		if err != nil || sum.Events == 0 {
			return
		}
		if !json.Valid(out.Bytes()) {
			t.Fatalf("not JSON: %s", out.String())
		}
		var events int64
		again, err := trace.Read(t.Context(), &out, func(e *trace.Event) error {
			if e.Category != categoryFinding {
				events++
			}
			return nil
		})
		if err != nil || again.Damage != "" || events > sum.Events {
			t.Fatalf("%v %+v, %d events of %d", err, again, events, sum.Events)
		}
	})
}

// BenchmarkRepair says what a profile costs to write anew, beside reading it.
func BenchmarkRepair(b *testing.B) {
	packed, err := os.ReadFile("../bazel/trace/testdata/recorded/4.2.3-full.profile.gz")
	if err != nil {
		b.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		b.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		b.Fatal(err)
	}
	for _, write := range []bool{false, true} {
		b.Run(fmt.Sprint("write=", write), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if write {
					_, err = Repair{}.Write(b.Context(), io.Discard, bytes.NewReader(text))
				} else {
					_, err = trace.Read(b.Context(), bytes.NewReader(text), func(*trace.Event) error { return nil })
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
