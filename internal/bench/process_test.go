// SPDX-License-Identifier: Apache-2.0

//go:build unix

package bench

import (
	"os"
	"os/exec"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"
)

// A run is what one process cost.
type run struct {
	wall     time.Duration
	cpu      time.Duration // of the process, user and system
	rssBytes int64
}

// measure runs a program with its output thrown away.
func measure(b *testing.B, name string, args ...string) run {
	b.Helper()
	cmd := exec.Command(name, args...)
	cmd.Stderr = os.Stderr
	start := time.Now()
	if err := cmd.Run(); err != nil {
		b.Fatalf("%s %v: %v", name, args, err)
	}
	r := run{wall: time.Since(start)}
	r.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		r.rssBytes = usage.Maxrss
		if runtime.GOOS != "darwin" { // which counts bytes; the others kilobytes
			r.rssBytes *= 1024
		}
	}
	return r
}

// compare runs ours and theirs in turn and reports our median wall time over
// theirs, pair by pair, and our largest memory.
func compare(b *testing.B, pairs int, ours, theirs func() run) {
	b.Helper()
	ours() // warm the page cache and the binaries
	theirs()
	for b.Loop() {
		var ratios, walls []float64
		var rss int64
		for range pairs {
			t, o := theirs(), ours()
			ratios = append(ratios, o.wall.Seconds()/t.wall.Seconds())
			walls = append(walls, o.wall.Seconds())
			rss = max(rss, o.rssBytes)
		}
		b.ReportMetric(median(ratios), "x-baseline")
		b.ReportMetric(slices.Min(ratios), "x-min")
		b.ReportMetric(slices.Max(ratios), "x-max")
		b.ReportMetric(median(walls), "s-ours")
		b.ReportMetric(float64(rss)/(1<<20), "MiB-RSS")
		b.ReportMetric(0, "ns/op")
	}
}

func median(values []float64) float64 {
	values = slices.Sorted(slices.Values(values))
	return values[len(values)/2]
}
