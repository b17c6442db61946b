// SPDX-License-Identifier: Apache-2.0

package hprof

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"strconv"
	"testing"
	"time"
)

var smallObjects = flag.Int("objects", 2_000_000, "how many small objects the benchmarks' dump holds, where $HPROF_DUMP names none")

// benchDump is the dump that $HPROF_DUMP names, or one that is made.
func benchDump(b *testing.B) string {
	if path := os.Getenv("HPROF_DUMP"); path != "" {
		return path
	}
	dir := b.TempDir()
	path := filepath.Join(dir, "small.hprof")
	for _, command := range [][]string{
		{"javac", "-encoding", "UTF-8", "-d", dir, "testdata/Small.java"},
		{"java", "-XX:+UseSerialGC", "-cp", dir, "Small", strconv.Itoa(*smallObjects), path},
	} {
		if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
			b.Fatalf("%v: %v\n%s", command, err, out)
		}
	}
	return path
}

// BenchmarkOpen reads a dump: classes, threads, histogram, index. Beside
// it, in the same run, what reading the file into nowhere takes.
func BenchmarkOpen(b *testing.B) {
	path := benchDump(b)
	for b.Loop() {
		d, err := Open(context.Background(), path, OpenOptions{})
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(d.src.size)
		d.Close()
	}
}

// BenchmarkRead is the baseline of BenchmarkOpen: what cat does.
func BenchmarkRead(b *testing.B) {
	path := benchDump(b)
	buf := make([]byte, 128<<10)
	for b.Loop() {
		f, err := os.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		total := int64(0)
		for {
			n, err := f.Read(buf)
			total += int64(n)
			if err != nil {
				break
			}
		}
		b.SetBytes(total)
		f.Close()
	}
}

// BenchmarkDominators does all there is to do with a dump and tells the
// most memory the Go heap had from the system, for each object.
func BenchmarkDominators(b *testing.B) {
	path := benchDump(b)
	for b.Loop() {
		most, stop := watchMemory()
		d, err := Open(context.Background(), path, OpenOptions{})
		if err != nil {
			b.Fatal(err)
		}
		g, err := d.Graph(context.Background())
		if err != nil {
			b.Fatal(err)
		}
		tree, err := g.Dominators(context.Background(), nil)
		if err != nil {
			b.Fatal(err)
		}
		stop()
		b.ReportMetric(float64(*most)/float64(d.Objects()), "B/object")
		b.ReportMetric(float64(*most)/float64(d.src.size), "of-the-dump")
		b.ReportMetric(float64(d.Objects()), "objects")
		runtime.KeepAlive(tree)
		d.Close()
	}
}

// watchMemory samples what the Go runtime has from the system.
func watchMemory() (most *uint64, stop func()) {
	most = new(uint64)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
		for {
			metrics.Read(s)
			*most = max(*most, s[0].Value.Uint64()-s[1].Value.Uint64())
			select {
			case <-done:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return most, func() { close(done); <-ended }
}
