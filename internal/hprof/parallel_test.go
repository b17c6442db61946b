// SPDX-License-Identifier: Apache-2.0

package hprof

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
)

// TestParallelScan scans dumps with and without workers: whole, cut, and with bytes
// changed. Nothing may differ.
func TestParallelScan(t *testing.T) {
	t.Parallel()
	small := newDumpWriter(8)
	small.class(800, 1, "java/lang/Object", 0)
	small.class(808, 2, "[Ljava/lang/Object;", 800)
	small.flush(tagHeapDumpSegment)
	for i := range 300 {
		at := 1<<16 + 64*i
		switch i % 4 {
		case 0:
			small.array(at, 808, at+64, 1<<16)
		case 1:
			small.instance(at, 800)
		case 2:
			small.bytes(at, i)
		case 3:
			small.root(1 << 16)
		}
		if i%7 == 0 {
			small.flush(tagHeapDumpSegment)
		}
		if i == 150 { // a class in the middle, and an instance of one that no record has named
			small.class(816, 3, "Late", 800)
			small.instance(1<<20, 816)
			small.instance(1<<20+16, 4711)
		}
	}
	small.flush(tagHeapDumpSegment)
	small.record(tagHeapDumpEnd, nil)
	real, err := os.ReadFile(zooDump(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, whole := range map[string][]byte{"made": small.Bytes(), "real": real} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			compareCrew(t, name+", whole", whole)
			r := rand.New(rand.NewPCG(3, 4))
			for range 12 {
				compareCrew(t, name+", cut", whole[:64+r.IntN(len(whole)-64)])
				changed := bytes.Clone(whole)
				for range 3 {
					changed[64+r.IntN(len(whole)-64)] ^= 1 << r.IntN(8)
				}
				compareCrew(t, name+", changed", changed)
			}
		})
	}
}

func compareCrew(t *testing.T, name string, content []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "parallel.hprof")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	var d [2]*Dump
	for i, opts := range []OpenOptions{{Workers: 1}, {Workers: 3, runBytes: 1}} {
		opts.Watch = []string{"java.lang.Object"}
		made, err := Open(context.Background(), path, opts)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		defer made.Close()
		d[i] = made
	}
	one, many := d[0], d[1]
	if !reflect.DeepEqual(one.blocks, many.blocks) || !reflect.DeepEqual(one.roots, many.roots) || !reflect.DeepEqual(one.watched, many.watched) {
		t.Errorf("%s: blocks, roots or watched instances differ", name)
	}
	if !slices.Equal(one.Histogram(), many.Histogram()) || one.layout != many.layout || one.objects != many.objects {
		t.Errorf("%s: the counts differ", name)
	}
	if one.Damage() != many.Damage() || !reflect.DeepEqual(one.Threads(), many.Threads()) || len(one.classes) != len(many.classes) {
		t.Errorf("%s: damage or threads differ: %q and %q", name, one.Damage(), many.Damage())
	}
}
