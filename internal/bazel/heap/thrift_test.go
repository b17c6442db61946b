// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"runtime/debug"
	"testing"
)

// TestCollectOften: the process's percentage is back once the last has read. It runs
// by itself, before those that run beside each other.
func TestCollectOften(t *testing.T) {
	t.Setenv("GOGC", "")
	const own = 77
	defer debug.SetGCPercent(debug.SetGCPercent(own))
	percent := func() int {
		p := debug.SetGCPercent(own)
		debug.SetGCPercent(p)
		return p
	}
	first, second := collectOften(), collectOften()
	first()
	if p := percent(); p != gcPercent {
		t.Errorf("%d %% while one is reading, want %d", p, gcPercent)
	}
	second()
	if p := percent(); p != own {
		t.Errorf("%d %% when all have read, want %d", p, own)
	}
}
