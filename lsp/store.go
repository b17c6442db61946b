package lsp

import (
	"sync"
	"sync/atomic"
)

// A store holds the newest snapshot, and makes the next ones.
type store struct {
	writing sync.Mutex // held by update
	newest  atomic.Pointer[snapshot]
	clock   clock
}

// A clock counts what happens in the server: edits and observations. Numbers
// from it rise over everything, so "after" can be asked of any two.
type clock struct{ n atomic.Int64 }

func (c *clock) tick() int64 { return c.n.Add(1) }

// current is the newest snapshot.
func (s *store) current() *snapshot { return s.newest.Load() }

// update replaces the snapshot by what change makes of a shallow copy of it.
// Change must not write into the maps and slices that it finds there; it says
// whether anything changed.
func (s *store) update(change func(next *snapshot) bool) *snapshot {
	s.writing.Lock()
	defer s.writing.Unlock()
	next := *s.current()
	if change(&next) {
		s.newest.Store(&next)
	}
	return &next
}
