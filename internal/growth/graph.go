// SPDX-License-Identifier: Apache-2.0

package growth

import (
	"cmp"
	"context"
	"errors"
	"math"
	"math/bits"
	"slices"
)

// A TargetGraph is targets and what they depend on.
type TargetGraph struct {
	deps [][]int32
	// below counts the targets that a node reaches, itself among them.
	below []int32
}

// ErrTooLarge says that counting would take too long.
var ErrTooLarge = errors.New("too many targets to count those below each")

const (
	blockBits = 4096    // columns that are counted at once
	maxSteps  = 6 << 30 // of 64 columns over one edge
)

// NewGraph counts what is below each node. deps are the direct dependencies of each;
// counts tells the nodes that are targets, beside aspects on them. Edges that close
// a circle are left out.
func NewGraph(ctx context.Context, deps [][]int32, counts func(node int) bool) (*TargetGraph, error) {
	g := &TargetGraph{deps: deps, below: make([]int32, len(deps))}
	edges := 0
	for _, d := range deps {
		edges += len(d)
	}
	if float64(len(deps))/64*float64(edges) > maxSteps {
		return nil, ErrTooLarge
	}
	order := g.order()
	column, columns := make([]int, len(deps)), 0
	for i := range deps {
		column[i] = -1
		if counts(i) {
			column[i] = columns
			columns++
		}
	}
	const words = blockBits / 64
	sets := make([]uint64, words*len(deps))
	for from := 0; from < columns; from += blockBits {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		clear(sets)
		for _, i := range order {
			set := sets[int(i)*words : int(i+1)*words]
			if c := column[i] - from; column[i] >= 0 && c >= 0 && c < blockBits {
				set[c/64] |= 1 << (c % 64)
			}
			for _, d := range g.deps[i] {
				for k, w := range sets[int(d)*words : int(d+1)*words] {
					set[k] |= w
				}
			}
			n := 0
			for _, w := range set {
				n += bits.OnesCount64(w)
			}
			g.below[i] += int32(n)
		}
	}
	return g, nil
}

// Below counts the targets that a node reaches, itself among them where it is one.
func (g *TargetGraph) Below(node int) int { return int(g.below[node]) }

// order has dependencies before who depends on them, and takes edges out of g.deps
// that close a circle.
func (g *TargetGraph) order() []int32 {
	const (
		fresh = iota
		open
		done
	)
	state := make([]uint8, len(g.deps))
	cursor := make([]int32, len(g.deps))
	order := make([]int32, 0, len(g.deps))
	var stack []int32
	var circles map[int32][]int32
	for i := range g.deps {
		if state[i] != fresh {
			continue
		}
		stack = append(stack, int32(i))
		state[i] = open
		for len(stack) > 0 {
			at := stack[len(stack)-1]
			if int(cursor[at]) == len(g.deps[at]) {
				state[at] = done
				order = append(order, at)
				stack = stack[:len(stack)-1]
				continue
			}
			to := g.deps[at][cursor[at]]
			cursor[at]++
			switch state[to] {
			case fresh:
				state[to] = open
				stack = append(stack, to)
			case open:
				if circles == nil {
					circles = map[int32][]int32{}
				}
				circles[at] = append(circles[at], to)
			}
		}
	}
	if circles != nil {
		g.deps = slices.Clone(g.deps)
		for at, to := range circles {
			g.deps[at] = slices.DeleteFunc(slices.Clone(g.deps[at]), func(d int32) bool { return slices.Contains(to, d) })
		}
	}
	return order
}

// The smaller builds that are looked at: some of each size, in steps of a quarter
// of a doubling.
const (
	partSteps   = 20
	partsOfSize = 3
)

// parts are the smaller builds that some of the nodes are: what each reaches.
func (g *TargetGraph) parts(nodes []int32) (parts []bitmap) {
	sorted := slices.SortedFunc(slices.Values(nodes), func(a, b int32) int { return cmp.Or(cmp.Compare(g.below[a], g.below[b]), cmp.Compare(a, b)) })
	most := float64(g.below[sorted[len(sorted)-1]])
	taken := map[int]bool{}
	for step := range partSteps {
		size := most * math.Exp2(-float64(step)/4)
		if size < 4 {
			break
		}
		i, _ := slices.BinarySearchFunc(sorted, size, func(n int32, size float64) int { return cmp.Compare(float64(g.below[n]), size) })
		for k := i - partsOfSize/2; k <= i+partsOfSize/2; k++ {
			if k >= 0 && k < len(sorted) && !taken[k] {
				taken[k] = true
				parts = append(parts, g.reach(sorted[k]))
			}
		}
	}
	return parts
}

type bitmap []uint64

func (b bitmap) has(i int32) bool { return b[i/64]>>(i%64)&1 != 0 }
func (b bitmap) set(i int32)      { b[i/64] |= 1 << (i % 64) }

func (g *TargetGraph) reach(from int32) bitmap {
	seen := make(bitmap, len(g.deps)/64+1)
	seen.set(from)
	stack := []int32{from}
	for len(stack) > 0 {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, to := range g.deps[at] {
			if !seen.has(to) {
				seen.set(to)
				stack = append(stack, to)
			}
		}
	}
	return seen
}
