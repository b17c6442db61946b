// SPDX-License-Identifier: Apache-2.0

package join

import (
	"example.invalid/starlark-memls/attribution/observe"
)

// Who held the heap at one crash. The Report's ranking adds up all dumps; a
// crash that names no function of its own (in the execution phase no Starlark
// is on any stack, and what ran last need not be what holds the memory) is to be
// answered from its own dump.

// heldAt is what each function's work held in the dump of one measurement.
func (j *Joined) HeldAt(o *observe.Observation) map[*Subject]int64 {
	if o.Retained == nil {
		return nil
	}
	held := map[*Subject]int64{}
	for _, s := range j.Subjects.List {
		for _, h := range s.Held {
			if h.In == o {
				held[s] = h.Bytes()
			}
		}
	}
	return held
}
