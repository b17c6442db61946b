// SPDX-License-Identifier: Apache-2.0

//go:build slow

package heap

import (
	"context"
	"flag"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"

	"example.invalid/starlark-memls/internal/hprof/hproftest"
)

var (
	manyObjects = flag.Int("many-objects", 1_000_000_000, "how many objects the heap has whose owners are found in little memory")
	manyMemory  = flag.Float64("many-memory", 16, "bytes an object that may take")
)

// TestBillionObjects finds the owners of a billion objects, a dump of 40 GB that a
// reader makes up as it is read, within 16 GB of memory.
func TestBillionObjects(t *testing.T) {
	defer debug.FreeOSMemory()
	const perTarget = 50_000
	h := hproftest.Heap{Targets: *manyObjects / 2 / perTarget, Strings: perTarget, Local: perTarget}
	r := h.Open()
	most, done, ended := uint64(0), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
		for {
			metrics.Read(s)
			most = max(most, s[0].Value.Uint64()-s[1].Value.Uint64())
			select {
			case <-done:
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	}()
	start := time.Now()
	d, err := OpenAt(context.Background(), r, r.Size(), "made", OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	a := analyze(t, d)
	close(done)
	<-ended
	objects := float64(d.d.Objects())
	t.Logf("%.0f objects in %d bytes: %.2f bytes of memory an object, %.2f of the dump, %v", objects, r.Size(), float64(most)/objects, float64(most)/float64(r.Size()), time.Since(start))
	if float64(most) > *manyMemory*objects {
		t.Errorf("%d bytes of memory", most)
	}
	rule := a.Owners.View("implementation").Rows[0]
	if rule.Name != "eat" || rule.Nodes != int64(h.Targets) || rule.Objects < int64(2*h.Targets*h.Strings) {
		t.Errorf("the rule holds %+v", rule)
	}
}
