// SPDX-License-Identifier: Apache-2.0

package session

import (
	"sync"
	"sync/atomic"

	"example.invalid/starlark-memls/lsp/internal/show"
)

// A store holds the newest snapshot, and makes the next ones.
type store struct {
	writing sync.Mutex // held by update
	newest  atomic.Pointer[show.Snapshot]
	Clock   clock
}

// A clock counts what happens in the server: edits and observations. Numbers
// from it rise over everything, so "after" can be asked of any two.
type clock struct{ n atomic.Int64 }

func (c *clock) Tick() int64 { return c.n.Add(1) }

// Current is the newest snapshot.
func (s *store) Current() *show.Snapshot { return s.newest.Load() }

// Update replaces the snapshot by what change makes of a shallow copy of it.
// Change must not write into the maps and slices that it finds there; it says
// whether anything changed.
func (s *store) Update(change func(next *show.Snapshot) bool) *show.Snapshot {
	s.writing.Lock()
	defer s.writing.Unlock()
	next := *s.Current()
	if change(&next) {
		s.newest.Store(&next)
	}
	return &next
}
