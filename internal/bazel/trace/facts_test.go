// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"bytes"
	"context"
	"os"
	"slices"
	"testing"
)

// recordedFile opens a profile under testdata.
func recordedFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func visitAll(t *testing.T, data []byte, visit ...func(*Event)) ProfileSummary {
	t.Helper()
	summary, err := Read(context.Background(), bytes.NewReader(data), func(e *Event) error {
		for _, v := range visit {
			v(e)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return summary
}

func TestPhases(t *testing.T) {
	t.Parallel()
	var r PhaseRecorder
	summary := visitAll(t, recordedFile(t, "recorded/4.2.3-normal.profile.gz"), r.Add)
	want := []Phase{
		{"Launch Blaze", Span{-859000, 0}},
		{"Initialize command", Span{0, 382609}},
		{"Evaluate target patterns", Span{382609, 621704}},
		{"Load and analyze dependencies", Span{621704, 2383277}},
		{"Prepare for build", Span{2383277, 2395803}},
		{"Build artifacts", Span{2395803, 3472034}},
		{"Complete build", Span{3472034, summary.LastMicros}},
	}
	if got := r.Phases(summary.LastMicros); !slices.Equal(got, want) {
		t.Errorf("phases %+v, want %+v", got, want)
	}
}

// TestPhasesInAnyOrder: the last phase lasts to the end; one that has a
// duration of its own ends no other.
func TestPhasesInAnyOrder(t *testing.T) {
	t.Parallel()
	const text = `[
{"cat":"build phase marker","name":"Load, analyze dependencies and build artifacts","ph":"i","ts":500},
{"cat":"build phase marker","name":"Evaluate target patterns","ph":"i","ts":100},
{"cat":"build phase marker","name":"Blocking on busy Bazel server (in client)","ph":"X","ts":-50,"dur":40},
{"cat":"action processing","name":"a","ph":"X","ts":600,"dur":300}]`
	var r PhaseRecorder
	summary := visitAll(t, []byte(text), r.Add)
	want := []Phase{
		{"Blocking on busy Bazel server (in client)", Span{-50, -10}},
		{"Evaluate target patterns", Span{100, 500}},
		{"Load, analyze dependencies and build artifacts", Span{500, 900}},
	}
	if got := r.Phases(summary.LastMicros); !slices.Equal(got, want) {
		t.Errorf("phases %+v, want %+v", got, want)
	}
	if got := new(PhaseRecorder).Phases(7); len(got) != 0 {
		t.Errorf("phases without a marker: %+v", got)
	}
}

// TestMemory: strings in 5, numbers in 9, no memory before.
func TestMemory(t *testing.T) {
	t.Parallel()
	for path, want := range map[string][]CounterSample{
		"excerpts/3.4.profile":      nil,
		"excerpts/5.x-slim.profile": {{250619, 80.18500000000002}, {1250619, 100.432}},
		"excerpts/9.0.profile":      {{6314, 124.11000000000001}, {1006314, 111.17700000000002}},
	} {
		var memory MemoryRecorder
		visitAll(t, recordedFile(t, path), memory.Add)
		if got := memory.Samples(); !slices.Equal(got, want) {
			t.Errorf("%s: memory %v, want %v", path, got, want)
		}
	}
	var sum MemoryRecorder
	visitAll(t, []byte(`[{"ph":"C","name":"Memory usage (Bazel)","ts":2,"args":{"a":"1.5","b":2}},{"ph":"C","name":"Memory usage (Bazel)","ts":1,"args":{}},{"ph":"C","name":"another","ts":3,"args":{"a":1}}]`), sum.Add)
	if got := sum.Samples(); !slices.Equal(got, []CounterSample{{1, 0}, {2, 3.5}}) {
		t.Errorf("a counter of two values: %v", got)
	}
}
