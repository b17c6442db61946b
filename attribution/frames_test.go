// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"math"
	"testing"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/bazel/console"
)

// TestCallersShare: on the stack that failed each caller outwards weighs half as
// much as its callee, builtins not counted; on another thread, three tenths of
// that.
func TestCallersShare(t *testing.T) {
	t.Parallel()
	ws := workspace(t, nil)
	at := func(name, file string, line int) console.StarlarkFrame {
		return console.StarlarkFrame{Function: name, File: ws.Root() + "/" + file, Line: line}
	}
	o := stacked("a", console.StarlarkFrame{Function: "join", File: "<builtin>"}, at("describe", "memory/eat.bzl", 2), at("traverse_impl", "memory/eat.bzl", 5))
	o.Crashes[0].Threads = append(o.Crashes[0].Threads, observe.ThreadFacts{Frames: observe.PrintedFrames([]console.StarlarkFrame{at("_impl", "cpu/spin.bzl", 4)})})
	r := conclude(t, ws, o)
	first := find(t, r, "describe", "memory/eat.bzl").Score
	for _, c := range []struct {
		name, file string
		want       float64
	}{{"traverse_impl", "memory/eat.bzl", .5}, {"_impl", "cpu/spin.bzl", .3}} {
		if got := find(t, r, c.name, c.file).Score / first; math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s has %.3f of the innermost function's score, want %.3f", c.name, got, c.want)
		}
	}
}
