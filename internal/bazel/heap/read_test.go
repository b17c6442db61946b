// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"testing"
)

// A kept summary has no values; those of a fresh look at the dump are put in
// by identity, whatever order the threads are in.
func TestAddPreviews(t *testing.T) {
	t.Parallel()
	local := func(id uint64) Local { return Local{Name: "x", ID: id} }
	s := &Summary{Threads: []ThreadSummary{
		{Name: "b", Frames: []FrameSummary{{Locals: []Local{local(3)}}}},
		{Name: "a", Frames: []FrameSummary{{Locals: []Local{local(1), local(2), local(9)}}}},
	}}
	s.addPreviews([]Thread{
		{Name: "a", Frames: []CallFrame{{Locals: []Local{{ID: 1, Preview: "one"}, {ID: 2, Preview: "two"}}}}},
		{Name: "b", Frames: []CallFrame{{Locals: []Local{{ID: 3, Preview: "three"}}}}},
	})
	a, b := s.Threads[1].Frames[0].Locals, s.Threads[0].Frames[0].Locals
	if a[0].Preview != "one" || a[1].Preview != "two" || a[2].Preview != "" || b[0].Preview != "three" {
		t.Errorf("%+v %+v", a, b)
	}
	for _, l := range s.Redact().Threads[1].Frames[0].Locals {
		if l.ID != 0 || l.Preview != "" {
			t.Errorf("redacted %+v", l)
		}
	}
}
