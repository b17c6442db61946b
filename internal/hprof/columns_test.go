// SPDX-License-Identifier: Apache-2.0

package hprof

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// Columns hold what plain slices would, however few or many values neighbours have.
func TestKinds(t *testing.T) {
	for _, distinct := range []int{1, 30, 256, 257, 3000} {
		for _, nodes := range []int{0, 1, kindNodes - 1, kindNodes, 3*kindNodes + 17} {
			t.Run(fmt.Sprint(distinct, "kinds of", nodes), func(t *testing.T) {
				r := rand.New(rand.NewPCG(uint64(distinct), uint64(nodes)))
				var k kinds
				want := make([]classAndSize, nodes)
				for i := range want {
					want[i] = classAndSize{uint32(r.IntN(distinct)), uint32(r.IntN(2)) * 1 << 31}
					k.add(want[i])
				}
				k.finish()
				for i := range want {
					if got := k.at(uint32(i)); got != want[i] {
						t.Fatalf("node %d has %v, want %v", i, got, want[i])
					}
				}
			})
		}
	}
}

func TestStates(t *testing.T) {
	const nodes = 5*stateNodes + 3
	for _, distinct := range []int{2, 200, 256, 257, 1 << 20} {
		t.Run(fmt.Sprint(distinct, "states"), func(t *testing.T) {
			r := rand.New(rand.NewPCG(uint64(distinct), 0))
			s, want := newStates(nodes), make([]uint32, nodes)
			for range 20 * nodes {
				i := r.IntN(3 * stateNodes) // and two chunks in which nothing is set
				want[i] = uint32(r.IntN(distinct))
				s.set(uint32(i), want[i])
			}
			same(t, &s, want)
			renamed := make([]uint32, distinct)
			for i := range renamed[1:] {
				renamed[i+1] = uint32(i / 2)
			}
			s.rename(renamed)
			for i, number := range want {
				want[i] = renamed[number]
			}
			same(t, &s, want)
			for i := range want { // what has one number now is set to others again
				want[i] = uint32(i % distinct)
				s.set(uint32(i), want[i])
			}
			same(t, &s, want)
		})
	}
}

func same(t *testing.T, s *states, want []uint32) {
	t.Helper()
	for i := range want {
		if got := s.at(uint32(i)); got != want[i] {
			t.Fatalf("node %d is in state %d, want %d", i, got, want[i])
		}
	}
}
