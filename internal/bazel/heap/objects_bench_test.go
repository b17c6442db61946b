// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"context"
	"path/filepath"
	"runtime/metrics"
	"testing"
	"time"

	"example.invalid/starlark-memls/internal/bazel/heap/filter"
	"example.invalid/starlark-memls/internal/hprof/hproftest"
)

// BenchmarkObjects asks for the lists of a heap of four million objects, by size
// and by what they retain, with the most memory that it took an object.
func BenchmarkObjects(b *testing.B) {
	path := filepath.Join(b.TempDir(), "made.hprof")
	if err := (hproftest.Heap{Targets: 4000, Strings: 500, Local: 40}).Open().Save(path); err != nil {
		b.Fatal(err)
	}
	lists, err := filter.Parse("type = list and length > 400")
	if err != nil {
		b.Fatal(err)
	}
	for _, by := range []Order{BySize, ByRetained} {
		b.Run(string(by), func(b *testing.B) {
			for b.Loop() {
				most := mostMemory()
				d, err := Open(context.Background(), path, OpenOptions{})
				if err != nil {
					b.Fatal(err)
				}
				o, err := d.Browse(context.Background())
				if err != nil {
					b.Fatal(err)
				}
				found, err := o.Objects(context.Background(), ObjectQuery{Filter: lists, By: by, Top: 20, Owners: true})
				if err != nil || found.Matched != 4000 {
					b.Fatal(found, err)
				}
				b.ReportMetric(float64(most())/float64(d.d.Objects()), "B/object")
				d.Close()
			}
		})
	}
}

// mostMemory watches what the process takes until the answer is asked for.
func mostMemory() (most func() uint64) {
	done, result := make(chan struct{}), make(chan uint64)
	go func() {
		s, seen := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}, uint64(0)
		for {
			metrics.Read(s)
			seen = max(seen, s[0].Value.Uint64()-s[1].Value.Uint64())
			select {
			case <-done:
				result <- seen
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return func() uint64 {
		close(done)
		return <-result
	}
}
