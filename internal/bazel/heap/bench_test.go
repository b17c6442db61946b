// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"context"
	"os"
	"runtime/metrics"
	"testing"
	"time"
)

// benchDump is the dump that $HPROF_DUMP names (of a real Bazel, 1 GB or more,
// to learn something), or a stand-in's.
func benchDump(b *testing.B) string {
	if path := os.Getenv("HPROF_DUMP"); path != "" {
		return path
	}
	return openStandIn(b, "bazel9").d.Path()
}

// BenchmarkThreads reads stacks, locals and histogram.
func BenchmarkThreads(b *testing.B) {
	path := benchDump(b)
	for b.Loop() {
		h, err := Open(context.Background(), path, Options{})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(h.Threads())), "threads")
		h.Close()
	}
}

// BenchmarkAnalyze reads all there is, and tells beside the time the most memory it had from the system.
func BenchmarkAnalyze(b *testing.B) {
	path := benchDump(b)
	for b.Loop() {
		most := uint64(0)
		done, ended := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(ended)
			s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
			for {
				metrics.Read(s)
				most = max(most, s[0].Value.Uint64()-s[1].Value.Uint64())
				select {
				case <-done:
					return
				case <-time.After(5 * time.Millisecond):
				}
			}
		}()
		h, err := Open(context.Background(), path, Options{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := h.Analyze(context.Background()); err != nil {
			b.Fatal(err)
		}
		close(done)
		<-ended
		info, err := os.Stat(path)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(info.Size())
		b.ReportMetric(float64(most)/float64(info.Size()), "of-the-dump")
		b.ReportMetric(float64(h.d.Objects()), "objects")
		h.Close()
	}
}
