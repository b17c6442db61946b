// SPDX-License-Identifier: Apache-2.0

package jfr_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.invalid/starlark-memls/internal/jfr"
	"example.invalid/starlark-memls/internal/jfr/jfrtest"
)

var start = time.Date(2026, 4, 5, 6, 7, 8, 123456789, time.UTC)

func small() jfrtest.Recording {
	evaluator := jfr.VMThread{Name: "skyframe-evaluator-0", ID: 53}
	return jfrtest.Recording{
		Start: start,
		Allocations: []jfr.Allocation{
			{At: start.Add(time.Second), Thread: evaluator, Class: "[B", Bytes: 1 << 20, Frames: []string{"java/lang/StringConcatHelper.newArray", "com/x/Eval.binaryOp"}},
			{At: start.Add(2 * time.Second), Thread: evaluator, Class: "[B", Bytes: 3, Frames: []string{"java/lang/StringConcatHelper.newArray", "com/x/Eval.binaryOp"}},
			{At: start.Add(3 * time.Second), Thread: jfr.VMThread{Name: "main", ID: 1}, Class: "java/lang/Käse", Bytes: 1 << 40, Source: jfr.InNewTLAB, Frames: []string{}},
			{At: start.Add(4 * time.Second), Thread: evaluator, Class: "[J", Bytes: 77, Source: jfr.OutsideTLAB, Frames: []string{}},
		},
		Collections: []jfr.Collection{{ID: 7, At: start.Add(5 * time.Second), Duration: 90 * time.Millisecond, Paused: 12 * time.Millisecond, Collector: "G1New", Cause: "G1 Evacuation Pause"}},
		LostBytes:   4096,
	}
}

// read is all that a file holds.
func read(t testing.TB, file []byte) (allocations []jfr.Allocation, collections []jfr.Collection, sum jfr.RecordingSummary, err error) {
	t.Helper()
	sum, err = jfr.Read(context.Background(), bytes.NewReader(file), int64(len(file)), jfr.Visitor{
		Allocation: func(a *jfr.Allocation) { allocations = append(allocations, *a) },
		Collection: func(c *jfr.Collection) { collections = append(collections, *c) },
	})
	return allocations, collections, sum, err
}

func TestRead(t *testing.T) {
	t.Parallel()
	want := small()
	allocations, collections, sum, err := read(t, want.File())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.Allocations, allocations); diff != "" {
		t.Errorf("allocations (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want.Collections, collections); diff != "" {
		t.Errorf("collections (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(jfr.RecordingSummary{Chunks: 1, Start: start, End: start.Add(time.Minute), Events: 5, LostBytes: 4096}, sum); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
}

// TestChunks: a recording is its chunks one after the other; one that was left
// open by a JVM that was killed counts as far as it goes.
func TestChunks(t *testing.T) {
	t.Parallel()
	open := small()
	open.Open = true
	allocations, collections, sum, err := read(t, append(small().File(), open.File()...))
	if err != nil || sum.Damage != "" || sum.Chunks != 2 || len(allocations) != 8 || len(collections) != 2 {
		t.Errorf("%d allocations, %d collections, %+v, %v", len(allocations), len(collections), sum, err)
	}
}

// TestCut: of a file that is cut anywhere nothing is made up, and what is lost
// is said.
func TestCut(t *testing.T) {
	t.Parallel()
	whole := append(small().File(), small().File()...)
	complete, _, _, _ := read(t, whole)
	for n := range whole {
		allocations, _, sum, err := read(t, whole[:n])
		if err == nil && sum.Damage == "" && n != len(whole)/2 {
			t.Fatalf("cut to %d bytes: no word of it", n)
		}
		if strings.Contains(sum.Damage, "\n") {
			t.Errorf("cut to %d bytes: %q", n, sum.Damage)
		}
		if n >= len(whole)/2 && len(allocations) < 4 {
			t.Errorf("cut to %d bytes: the first chunk is lost too", n)
		}
		if len(allocations) > len(complete) {
			t.Errorf("cut to %d bytes: %d allocations", n, len(allocations))
		}
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	old := small().File()
	binary.BigEndian.PutUint16(old[4:], 1)
	for name, file := range map[string][]byte{"empty": nil, "another format": []byte(strings.Repeat("hello ", 100)), "JDK 8": old, "short": []byte("FL")} {
		if _, _, _, err := read(t, file); !errors.Is(err, jfr.ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	file := small().File()
	if _, err := jfr.Read(ctx, bytes.NewReader(file), int64(len(file)), jfr.Visitor{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(small().File())
	open := small()
	open.Open = true
	f.Add(append(open.File(), small().File()...))
	f.Add(small().File()[:200])
	f.Fuzz(func(t *testing.T, file []byte) {
		allocations, _, sum, err := read(t, file)
		if err == nil && sum.Chunks == 0 && sum.Damage == "" {
			t.Error("no chunk, and no word of it")
		}
		if strings.Contains(sum.Damage, "\n") || err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("several lines: %q, %v", sum.Damage, err)
		}
		for _, a := range allocations {
			if a.Bytes < 0 {
				t.Errorf("%d bytes", a.Bytes)
			}
		}
	})
}
