// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.invalid/starlark-memls/internal/bazel/trace"
	"example.invalid/starlark-memls/internal/jfr"
	"example.invalid/starlark-memls/internal/jfr/jfrtest"
	"example.invalid/starlark-memls/internal/measurement"
)

// began is when the profile of these tests began.
var began = time.Date(2026, 4, 5, 6, 7, 8, 901_234_000, time.UTC)

// at is a time of the profile by the recording's clock.
func at(micros int64) time.Time { return began.Add(time.Duration(micros) * time.Microsecond) }

// collections are of different lengths, at irregular times.
func collections(n int) (list []jfr.Collection) {
	r := rand.New(rand.NewPCG(7, uint64(n)))
	micros := int64(0)
	for i := range n {
		micros += 200_000 + r.Int64N(1_000_000)
		list = append(list, jfr.Collection{ID: int64(i), At: at(micros), Duration: time.Duration(3_000_000 + r.Int64N(90_000_000)), Collector: "G1New", Cause: "G1 Evacuation Pause"})
	}
	return list
}

// noted are the same as a profile has them: late, and in whole milliseconds.
func noted(list []jfr.Collection, late int64) (events []trace.Collection) {
	r := rand.New(rand.NewPCG(8, 9))
	for _, c := range list {
		delay := r.Int64N(late + 1)
		events = append(events, trace.Collection{StartMicros: c.At.Sub(began).Microseconds() + delay, DurationMicros: c.Duration.Milliseconds() * 1000})
	}
	return events
}

func TestSetClocks(t *testing.T) {
	t.Parallel()
	all := collections(60)
	for _, c := range []struct {
		name     string
		profile  []trace.Collection
		recorded []jfr.Collection
		millis   int64
		want     bool
	}{
		{"all", noted(all, 10_000), all, 0, true},
		{"some of them in the profile", noted(all[20:40], 10_000), all, 0, true},
		{"some of them in the recording", noted(all, 10_000), all[30:], 0, true},
		{"three", noted(all[:3], 2000), all[:3], 0, true},
		{"one", noted(all[:1], 2000), all[:1], 0, false},
		{"none", nil, all, 0, false},
		{"of another build", noted(collections(61), 2000), all[:55], 0, false},
		{"at another time", noted(all, 2000), all, began.Add(time.Hour).UnixMilli(), false},
		{"at the time that is told", noted(all, 2000), all, began.UnixMilli(), true},
	} {
		got, ok := setClocks(c.profile, c.recorded, c.millis)
		if ok != c.want {
			t.Errorf("%s: %v, %+v", c.name, ok, got)
			continue
		}
		if off := got.StartMicros - began.UnixMicro(); ok && max(off, -off) > got.ErrorMicros+roundedMicros {
			t.Errorf("%s: off by %d µs, and said to be right to %d", c.name, off, got.ErrorMicros)
		}
	}
}

func TestThreadOf(t *testing.T) {
	t.Parallel()
	names := map[int64]string{10: "skyframe-evaluator 0", 20: "skyframe-evaluator 0", 30: "main"}
	for _, c := range []struct {
		of   jfr.VMThread
		want int64
		ok   bool
	}{
		{jfr.VMThread{Name: "skyframe-evaluator 0", ID: 20}, 20, true},
		{jfr.VMThread{Name: "skyframe-evaluator 0", ID: 99}, 0, false}, // either
		{jfr.VMThread{Name: "main", ID: 1}, 30, true},
		{jfr.VMThread{Name: "other", ID: 10}, 0, false},
	} {
		if got, ok := threadOf(c.of, names); ok != c.ok || ok && got != c.want {
			t.Errorf("%+v: %d, %v", c.of, got, ok)
		}
	}
}

// TestJoin: what was allocated belongs to the innermost call under way on the
// same thread, and to nobody where there was none.
func TestJoin(t *testing.T) {
	t.Parallel()
	all := collections(20)
	dir := t.TempDir()
	profile := `{"otherData":{"build_id":"x"},"traceEvents":[
{"name":"thread_name","ph":"M","pid":1,"tid":41,"args":{"name":"skyframe-evaluator-0"}},
{"name":"thread_name","ph":"M","pid":1,"tid":42,"args":{"name":"skyframe-evaluator-1"}},
{"cat":"Starlark user function call","name":"inner","ph":"X","ts":2000000,"dur":1000000,"pid":1,"tid":41},
{"cat":"Starlark user function call","name":"outer","ph":"X","ts":1000000,"dur":4000000,"pid":1,"tid":41},
{"cat":"Starlark user function call","name":"other","ph":"X","ts":1000000,"dur":4000000,"pid":1,"tid":42}`
	for _, c := range noted(all, 500) {
		profile += fmt.Sprintf(",\n{\"cat\":\"gc notification\",\"name\":\"minor GC\",\"ph\":\"X\",\"ts\":%d,\"dur\":%d,\"pid\":1,\"tid\":9}", c.StartMicros, c.DurationMicros)
	}
	write(t, filepath.Join(dir, "profile"), []byte(profile+"\n]}"))
	first, second := jfr.VMThread{Name: "skyframe-evaluator-0", ID: 41}, jfr.VMThread{Name: "skyframe-evaluator-1", ID: 42}
	sample := func(thread jfr.VMThread, micros, bytes int64) jfr.Allocation {
		return jfr.Allocation{At: at(micros), Thread: thread, Class: "[B", Bytes: bytes, Frames: []string{}}
	}
	buffer := sample(second, 3_000_000, 1<<30)
	buffer.Source = jfr.InNewTLAB // of the same bytes
	recording := jfrtest.Recording{Start: began.Add(-time.Minute), Collections: all, Allocations: []jfr.Allocation{
		sample(first, 2_500_000, 100), sample(first, 4_000_000, 20), sample(first, 6_000_000, 1000),
		sample(second, 2_500_000, 7), sample(jfr.VMThread{Name: "main", ID: 1}, 2_500_000, 5000), buffer,
	}}
	write(t, filepath.Join(dir, "recording.jfr"), recording.File())

	o := observed(t, dir)
	got := map[string]int64{}
	for _, f := range o.Trace.Functions {
		got[f.Name] = f.Recorded.Total
	}
	if want := map[string]int64{"inner": 100, "outer": 20, "other": 7}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", got, want)
	}
	if f := o.Recorded; f == nil || f.Samples != 5 || f.Bytes != 6127 || f.InCalls != 127 || f.OnThreads != 1127 || f.Clocks.Collections != 20 {
		t.Errorf("%+v", f)
	}
}

// TestUnjoined: what cannot be joined is told in a line, and the rest counts.
func TestUnjoined(t *testing.T) {
	t.Parallel()
	whole := jfrtest.Recording{Start: began, Collections: collections(20), Allocations: []jfr.Allocation{{At: at(1), Bytes: 1, Thread: jfr.VMThread{Name: "a"}}}}
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"of another build": {whole.File(), "of another build?"},
		"no allocations":   {jfrtest.Recording{Start: began, Collections: collections(20)}.File(), "holds no allocations"},
		"cut":              {whole.File()[:90], "damaged in the chunk"},
		"empty":            {nil, "is empty"},
	} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "profile"), []byte(`{"otherData":{"build_id":"x"},"traceEvents":[
{"cat":"Starlark user function call","name":"f","ph":"X","ts":1000000,"dur":4000000,"pid":1,"tid":41}
]}`))
		write(t, filepath.Join(dir, "recording.jfr"), c.file)
		o := observed(t, dir)
		told := false
		for _, w := range o.Warnings {
			told = told || strings.Contains(w.Message, c.want)
		}
		if !told || o.Recorded != nil || len(o.Trace.Functions) != 1 {
			t.Errorf("%s: %v, %+v", name, o.Warnings, o.Recorded)
		}
	}
}

func write(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func observed(t *testing.T, dir string) *Observation {
	t.Helper()
	list, _, err := measurement.Open(context.Background(), dir)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	o, err := Read(context.Background(), list[0], ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return o
}
