// SPDX-License-Identifier: Apache-2.0

//go:build unix

package lint_test

import (
	"flag"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"example.invalid/starlark-memls/internal/lint"
	"example.invalid/starlark-memls/internal/lint/checks"
	"example.invalid/starlark-memls/internal/lint/flow"
	"example.invalid/starlark-memls/starlark"
	"example.invalid/starlark-memls/starlark/starlarktest"
)

// benchFiles is how many files the benchmark looks at, benchRoot a workspace to
// take instead.
var (
	benchFiles = flag.Int("files", 10_000, "`number` of files that benchmarks look at")
	benchRoot  = flag.String("root", "", "a `workspace` to look at instead of a generated one")
)

// BenchmarkLint prints how long linting takes, cold, beside indexing, which is
// part of it, and what the followed values hold while the checks run.
func BenchmarkLint(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // as the command line does
	root := *benchRoot
	if root == "" {
		root = b.TempDir()
		starlarktest.Generate(b, root, *benchFiles)
	}
	load := func(o starlark.LoadOptions) *starlark.Workspace {
		ws, err := starlark.Load(b.Context(), root, o)
		if err != nil {
			b.Fatal(err)
		}
		return ws
	}
	follow := func() *flow.Program {
		var trees flow.Trees
		p, err := trees.Follow(b.Context(), load(starlark.LoadOptions{Parsed: trees.Keep}))
		if err != nil {
			b.Fatal(err)
		}
		lint.Examine(p, checks.All())
		return p
	}
	files := len(follow().Files)
	var index, whole cost
	for b.Loop() {
		index.add(b, func() { load(starlark.LoadOptions{}) })
		whole.add(b, func() { follow() })
	}
	b.ReportMetric(float64(whole.wall)/float64(index.wall), "lint/index")
	b.ReportMetric(float64(whole.cpu)/float64(index.cpu), "lint/index-cpu")
	before := live()
	p := follow()
	b.ReportMetric(float64(live()-before)/float64(files)/1024, "KiB/file")
	runtime.KeepAlive(p)
}

// live is how large the heap is, without garbage.
func live() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// A cost is time on the clock and on the cores.
type cost struct{ wall, cpu time.Duration }

func (c *cost) add(b *testing.B, run func()) {
	runtime.GC()
	start, used := time.Now(), cpu(b)
	run()
	c.wall += time.Since(start)
	c.cpu += cpu(b) - used
}

func cpu(b *testing.B) time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
