// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"context"
	"os"
	"testing"
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
		h, err := Open(context.Background(), path, OpenOptions{})
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
		most := mostMemory()
		h, err := Open(context.Background(), path, OpenOptions{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := h.Analyze(context.Background()); err != nil {
			b.Fatal(err)
		}
		taken := most()
		info, err := os.Stat(path)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(info.Size())
		b.ReportMetric(float64(taken)/float64(info.Size()), "of-the-dump")
		b.ReportMetric(float64(h.d.Objects()), "objects")
		h.Close()
	}
}
