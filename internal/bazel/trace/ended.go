// SPDX-License-Identifier: Apache-2.0

package trace

import "slices"

// An EndWindow keeps what ended shortly before the latest end, over all threads:
// what was active at the end. Ends arrive nearly in order, so the old ones
// are dropped in bulk.
type EndWindow[T any] struct {
	micros int64
	most   int
	ended  []Ended[T]
	latest int64
	any    bool
	room   int
}

// Ended is something that ended.
type Ended[T any] struct {
	Micros int64
	About  T
}

// NewWindow makes a window of that many microseconds: what ended as long or
// longer before the latest end is not in it. It holds at most so many ends,
// or half as many, the later ones; 0 is no bound.
func NewWindow[T any](micros int64, most int) *EndWindow[T] {
	return &EndWindow[T]{micros: micros, most: most}
}

// Add takes an end.
func (w *EndWindow[T]) Add(micros int64, about T) {
	if !w.any || micros > w.latest {
		w.any, w.latest = true, micros
	}
	if w.latest-micros >= w.micros {
		return
	}
	if len(w.ended) >= max(w.room, 1024) {
		w.drop()
	}
	w.ended = append(w.ended, Ended[T]{micros, about})
}

// drop forgets the ends that are out of the window, and where that leaves too
// many, the older half.
func (w *EndWindow[T]) drop() {
	w.ended = slices.DeleteFunc(w.ended, func(e Ended[T]) bool { return w.latest-e.Micros >= w.micros })
	w.room = 2 * len(w.ended)
	if w.most == 0 {
		return
	}
	if half := len(w.ended) / 2; len(w.ended) >= w.most {
		w.ended = slices.Delete(w.ended, 0, half)
	}
	w.room = min(2*len(w.ended), w.most)
}

// Latest is the latest end, and whether there is any.
func (w *EndWindow[T]) Latest() (micros int64, ok bool) { return w.latest, w.any }

// Ended are the ends in the window, in the order in which they came.
func (w *EndWindow[T]) Ended() []Ended[T] {
	w.drop()
	return w.ended
}
