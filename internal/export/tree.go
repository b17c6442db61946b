// SPDX-License-Identifier: Apache-2.0

package export

import (
	"cmp"
	"slices"
)

// A Tree is stacks folded into one: a node for each stack that is the beginning of
// others. Nodes[0] is the root, and a node comes behind its parent.
type Tree struct {
	Measures []ValueType  `json:"measures"`
	Frames   []StackFrame `json:"frames"`
	Nodes    []TreeNode   `json:"-"`
}

// A TreeNode is a frame below others, with its own values: those of its children
// are not in them.
type TreeNode struct {
	Parent, Frame int32 // -1 of the root
	Own           []int64
}

// Tree folds the stacks. Where there are more than most nodes, what is smallest (by
// its share of the measure it has most of) is given to what it is in: sums stay.
func (s *Stacks) Tree(most int) *Tree {
	type key struct{ parent, frame int32 }
	index := map[key]int32{}
	t := &Tree{Measures: s.Measures, Nodes: []TreeNode{{-1, -1, make([]int64, len(s.Measures))}}}
	same := s.byFunction(t)
	for _, sample := range s.Samples {
		at := int32(0)
		for _, frame := range sample.Stack {
			k := key{at, same[frame]}
			next, ok := index[k]
			if !ok {
				next = int32(len(t.Nodes))
				t.Nodes = append(t.Nodes, TreeNode{at, k.frame, make([]int64, len(s.Measures))})
				index[k] = next
			}
			at = next
		}
		for i, v := range sample.Values {
			t.Nodes[at].Own[i] += v
		}
	}
	if len(t.Nodes) > most {
		t.prune(most)
	}
	t.compact()
	return t
}

// byFunction gives the lines of a function one frame, at its definition: a picture
// has a bar a function.
func (s *Stacks) byFunction(t *Tree) (same []int32) {
	index := map[StackFrame]int32{}
	t.Frames = nil
	for _, f := range s.Frames {
		if f.Start > 0 {
			f.Line = f.Start
		}
		n, ok := index[f]
		if !ok {
			n = int32(len(t.Frames))
			index[f] = n
			t.Frames = append(t.Frames, f)
		}
		same = append(same, n)
	}
	return same
}

// compact leaves out the frames that no node has.
func (t *Tree) compact() {
	to := make([]int32, len(t.Frames))
	var used []StackFrame
	for i := range t.Nodes[1:] {
		n := &t.Nodes[i+1]
		if to[n.Frame] == 0 {
			used = append(used, t.Frames[n.Frame])
			to[n.Frame] = int32(len(used))
		}
		n.Frame = to[n.Frame] - 1
	}
	t.Frames = used
}

// prune keeps the nodes that hold most, and so those above them.
func (t *Tree) prune(most int) {
	sums := make([][]int64, len(t.Nodes))
	for i := len(t.Nodes) - 1; i >= 0; i-- {
		n := &t.Nodes[i]
		if sums[i] == nil {
			sums[i] = make([]int64, len(t.Measures))
		}
		for k, v := range n.Own {
			sums[i][k] += v
		}
		if n.Parent >= 0 {
			if sums[n.Parent] == nil {
				sums[n.Parent] = make([]int64, len(t.Measures))
			}
			for k, v := range sums[i] {
				sums[n.Parent][k] += v
			}
		}
	}
	share := make([]float64, len(t.Nodes))
	for i := range t.Nodes {
		for k, v := range sums[i] {
			if sums[0][k] > 0 {
				share[i] = max(share[i], float64(v)/float64(sums[0][k]))
			}
		}
	}
	order := make([]int32, len(t.Nodes))
	for i := range order {
		order[i] = int32(i)
	}
	// A parent has at least its child's share, and comes before it.
	slices.SortStableFunc(order, func(a, b int32) int { return -cmp.Compare(share[a], share[b]) })
	keep := make([]bool, len(t.Nodes))
	for _, i := range order[:most] {
		keep[i] = true
	}
	to := make([]int32, len(t.Nodes))
	var kept []TreeNode
	for i := range t.Nodes {
		n := t.Nodes[i]
		if !keep[i] {
			to[i] = to[n.Parent]
			for k, v := range n.Own {
				kept[to[i]].Own[k] += v
			}
			continue
		}
		to[i] = int32(len(kept))
		if n.Parent >= 0 {
			n.Parent = to[n.Parent]
		}
		kept = append(kept, n)
	}
	t.Nodes = kept
}

// Columns are the nodes as columns, which cost a quarter of objects in JSON:
// parents, frames, and the own values by measure.
func (t *Tree) Columns() (parents, frames []int32, own [][]int64) {
	own = make([][]int64, len(t.Measures))
	for _, n := range t.Nodes {
		parents, frames = append(parents, n.Parent), append(frames, n.Frame)
		for k, v := range n.Own {
			own[k] = append(own[k], v)
		}
	}
	return parents, frames, own
}
