// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"iter"
	"maps"
)

// PerThread holds a value for each thread that has one. Its zero value is
// ready for use. Events of one thread come in runs, which cost one look-up.
type PerThread[T any] struct {
	all    map[int64]*T
	last   *T
	lastID int64
}

// Of is the value of a thread, at first the zero value.
func (p *PerThread[T]) Of(thread int64) *T {
	if p.last != nil && p.lastID == thread {
		return p.last
	}
	v := p.all[thread]
	if v == nil {
		if p.all == nil {
			p.all = map[int64]*T{}
		}
		v = new(T)
		p.all[thread] = v
	}
	p.last, p.lastID = v, thread
	return v
}

// All yields the threads in no order.
func (p *PerThread[T]) All() iter.Seq2[int64, *T] { return maps.All(p.all) }
