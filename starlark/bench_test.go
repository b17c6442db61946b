// SPDX-License-Identifier: Apache-2.0

//go:build unix

package starlark

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"go.starlark.net/syntax"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"example.invalid/starlark-memls/starlark/starlarktest"
)

// benchFiles is how many files the benchmarks index.
var benchFiles = flag.Int("files", 10_000, "`number` of files that benchmarks index")

// generated is the directory of the benchmarks' workspace, made once a run.
func generated(b *testing.B) (root string, paths []string) {
	b.Helper()
	root, err := filepath.EvalSymlinks(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	return root, starlarktest.Generate(b, root, *benchFiles)
}

// parseOnly is the baseline: the library parses every file, on all cores, and
// nothing is done with the trees.
func parseOnly(b *testing.B, paths []string) {
	b.Helper()
	var next atomic.Int64
	var group errgroup.Group
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() error {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(paths) {
					return nil
				}
				text, err := os.ReadFile(paths[i])
				if err != nil {
					return err
				}
				if _, err := options.Parse(paths[i], text, syntax.Mode(0)); err != nil {
					return err
				}
			}
		})
	}
	if err := group.Wait(); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkParseOnly(b *testing.B) {
	_, paths := generated(b)
	parseOnly(b, paths)
	for b.Loop() {
		parseOnly(b, paths)
	}
}

func BenchmarkIndex(b *testing.B) {
	root, _ := generated(b)
	for b.Loop() {
		mustLoad(b, root, LoadOptions{})
	}
}

func BenchmarkWarm(b *testing.B) {
	root, _ := generated(b)
	opts := LoadOptions{CacheDir: b.TempDir()}
	mustLoad(b, root, opts)
	for b.Loop() {
		mustLoad(b, root, opts)
	}
}

// BenchmarkRatios prints what issue 2 asks for: indexing at most 1.2 times
// parsing, a warm start at most a quarter of that. The three take turns, so
// that a busy machine slows all of them.
func BenchmarkRatios(b *testing.B) {
	root, paths := generated(b)
	opts := LoadOptions{CacheDir: b.TempDir()}
	mustLoad(b, root, opts)
	parseOnly(b, paths)
	var parse, cold, warm cost
	timed := func(total *cost, run func()) {
		runtime.GC()
		start, cpu := time.Now(), cpuTime(b)
		run()
		total.wall += time.Since(start)
		total.cpu += cpuTime(b) - cpu
	}
	for b.Loop() {
		timed(&parse, func() { parseOnly(b, paths) })
		timed(&cold, func() { mustLoad(b, root, LoadOptions{}) })
		timed(&warm, func() { mustLoad(b, root, opts) })
	}
	b.ReportMetric(float64(cold.wall)/float64(parse.wall), "index/parse")
	b.ReportMetric(float64(warm.wall)/float64(cold.wall), "warm/index")
	b.ReportMetric(float64(cold.cpu)/float64(parse.cpu), "index/parse-cpu")
	b.ReportMetric(float64(warm.cpu)/float64(cold.cpu), "warm/index-cpu")
	b.ReportMetric(parse.wall.Seconds()/float64(b.N), "parse-s")
}

// A cost is time on the clock and on the cores. On a machine that others use
// as well, the second is the steadier.
type cost struct{ wall, cpu time.Duration }

// cpuTime is what this process has used of the cores, user and system.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkEdit is a keystroke inside a function's body, a new snapshot, and
// what a lens request asks of it.
func BenchmarkEdit(b *testing.B) { benchmarkEdit(b, "        out.append(%d)\n") }

// BenchmarkEditFace is a keystroke that changes what other files can see.
func BenchmarkEditFace(b *testing.B) { benchmarkEdit(b, "    return [\"%d\"]\n\ndef other(x):\n") }

// BenchmarkEditBroken is a keystroke that leaves the buffer broken.
func BenchmarkEditBroken(b *testing.B) { benchmarkEdit(b, "    foo(%d,\n") }

func benchmarkEdit(b *testing.B, insert string) {
	root, paths := generated(b)
	w := mustLoad(b, root, LoadOptions{})
	p := paths[10]
	text, err := os.ReadFile(p)
	if err != nil {
		b.Fatal(err)
	}
	at := firstBodyLine(text)
	n := 0
	for b.Loop() {
		n++
		edited := fmt.Appendf(append([]byte(nil), text[:at]...), insert, n)
		edited = append(edited, text[at:]...)
		next, err := w.With(context.Background(), map[string][]byte{p: edited}, nil)
		if err != nil {
			b.Fatal(err)
		}
		if len(next.InFile(p)) == 0 || len(next.Named("rule_10")) != 1 {
			b.Fatal("the snapshot lost its definitions")
		}
		w = next
	}
}

// firstBodyLine is the offset of the first line "    out = []".
func firstBodyLine(text []byte) int {
	const line = "    out = []\n"
	for i := range text {
		if len(text)-i > len(line) && string(text[i:i+len(line)]) == line {
			return i + len(line)
		}
	}
	return 0
}

func BenchmarkNamed(b *testing.B) {
	root, _ := generated(b)
	w := mustLoad(b, root, LoadOptions{})
	for b.Loop() {
		if len(w.Named("_impl")) != *benchFiles {
			b.Fatal("lost")
		}
	}
}
