// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"path/filepath"
	"strings"
	"testing"

	"example.invalid/starlark-memls/internal/hprof/hproftest"
	"example.invalid/starlark-memls/internal/measurement"
)

// TestHeapLimits reads a dump as far as each bound allows; what is left out is said,
// with the way to have it, and what was read once costs nothing later.
func TestHeapLimits(t *testing.T) {
	t.Parallel()
	dump := filepath.Join(t.TempDir(), "java_pid1.hprof")
	if err := (hproftest.Heap{Targets: 5, Strings: 10, Local: 100}).Open().Save(dump); err != nil {
		t.Fatal(err)
	}
	cache := t.TempDir()
	read := func(limits HeapLimits) *Observation {
		return observeFiles(t, map[measurement.Part]string{measurement.HeapDump: dump}, ReadOptions{HeapCacheDir: cache, Heap: limits})
	}
	stacks := func(o *Observation) bool {
		return o.UnreadDump != nil && o.UnreadDump.Path == dump && o.Retained == nil
	}
	if o := read(HeapLimits{Depth: HeapLater}); !stacks(o) || !o.UnreadDump.Later || !strings.Contains(o.UnreadDump.Advice(), "is being read") {
		t.Errorf("left for later: %+v", o.UnreadDump)
	}
	if o := read(HeapLimits{Depth: HeapStacks}); !stacks(o) || !o.UnreadDump.Later || len(o.Warnings) > 0 {
		t.Errorf("stacks: %+v, %q", o.UnreadDump, o.Warnings)
	} else if left := o.WithDumpLeft(); left.UnreadDump.Later || !strings.HasSuffix(left.UnreadDump.Advice(), "`starlark-memls report "+dump+"`") {
		t.Errorf("given up: %s", left.UnreadDump.Advice())
	}
	for name, limits := range map[string]HeapLimits{"memory": {Memory: 1}, "time": {Time: 1}} {
		o := read(limits)
		if !stacks(o) || o.UnreadDump.Later || len(o.Warnings) != 1 || !strings.Contains(o.Warnings[0].Message, "`starlark-memls report "+dump+"`") {
			t.Errorf("%s: %+v, %q", name, o.UnreadDump, o.Warnings)
		}
	}
	if o := read(HeapLimits{}); o.UnreadDump != nil || o.Retained == nil || o.Retained.Total == 0 {
		t.Errorf("without bounds: %+v, %+v", o.UnreadDump, o.Retained)
	}
	if o := read(HeapLimits{Depth: HeapLater}); o.UnreadDump != nil || o.Retained == nil {
		t.Errorf("read before: %+v", o.UnreadDump)
	}
}
