// SPDX-License-Identifier: Apache-2.0

package hprof

import "slices"

// states has the number of a state (state.go) for each node. What hangs together
// lies together in a heap, so that neighbours are in few states: each chunk lists
// its own, and a node has its place in that list, a byte. A chunk that would have
// more than 256 holds the numbers themselves; one that nothing was set in holds
// nothing.
type states struct{ chunks []stateChunk }

const stateNodes = 1 << 9

type stateChunk struct {
	palette []uint32 // the first is 0
	narrow  *[stateNodes]uint8
	wide    *[stateNodes]uint32
}

func newStates(nodes uint32) states {
	return states{make([]stateChunk, (uint64(nodes)+stateNodes-1)/stateNodes)}
}

func (s *states) at(node uint32) uint32 {
	c, i := &s.chunks[node/stateNodes], node%stateNodes
	switch {
	case c.narrow != nil:
		return c.palette[c.narrow[i]]
	case c.wide != nil:
		return c.wide[i]
	}
	return 0
}

func (s *states) set(node, number uint32) {
	c, i := &s.chunks[node/stateNodes], node%stateNodes
	if c.wide != nil {
		c.wide[i] = number
		return
	}
	if c.narrow == nil {
		c.palette, c.narrow = make([]uint32, 1, 4), new([stateNodes]uint8)
	}
	place := slices.Index(c.palette, number)
	if place < 0 {
		if len(c.palette) > 1<<8-1 {
			c.widen()
			c.wide[i] = number
			return
		}
		place = len(c.palette)
		c.palette = append(c.palette, number)
	}
	c.narrow[i] = uint8(place)
}

func (c *stateChunk) widen() {
	c.wide = new([stateNodes]uint32)
	for i, place := range c.narrow {
		c.wide[i] = c.palette[place]
	}
	c.narrow, c.palette = nil, nil
}

// rename puts another number in the place of each.
func (s *states) rename(to []uint32) {
	for k := range s.chunks {
		c := &s.chunks[k]
		for i, number := range c.palette {
			c.palette[i] = to[number]
		}
		if c.wide != nil {
			for i, number := range c.wide {
				c.wide[i] = to[number]
			}
		}
	}
}
