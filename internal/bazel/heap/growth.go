// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"example.invalid/starlark-memls/internal/growth"
	"example.invalid/starlark-memls/internal/hprof"
)

// How the memory grows with the targets. What each target has made is found in one
// walk over them, the lower ones first: an object that several can reach was made by
// the lowest, and the others were handed it. What each has made, against how many
// targets are below it, is what package growth asks for.

// relations are what the nodes have to do with each other.
type relations struct {
	deps  [][]int32 // of each node that a rule or aspect has computed
	sites []*site
}

func (h *Dump) relate(ctx context.Context, g *hprof.Graph, nodes []node) (r relations, err error) {
	if r.deps, err = h.dependencies(ctx, g, nodes); err != nil {
		return r, err
	}
	r.sites, err = h.readSites(ctx, g, nodes)
	return r, err
}

// growths sets how the rows of the views grow, where it can be told.
func (h *Dump) growths(ctx context.Context, g *hprof.Graph, views []*viewBuilder, nodes []node, r relations) error {
	below, err := growth.NewGraph(ctx, r.deps, func(i int) bool { return nodes[i].made.kind == "rule" && nodes[i].key.Kind == ConfiguredTarget })
	if errors.Is(err, growth.ErrTooLarge) {
		h.note("how the memory grows is not known: %v", err)
		return nil
	}
	if err != nil {
		return err
	}
	w := growthWalk{g: g, nodes: nodes, seen: newMarker(g), own: newMarker(g)}
	for _, v := range views {
		w.views = append(w.views, &madeIn{view: v, made: map[hprof.Owner]map[int32]float64{}})
	}
	w.enter(r.sites)
	if err := w.walk(ctx, below); err != nil {
		return err
	}
	for _, m := range w.views {
		for owner, made := range m.made {
			if err := ctx.Err(); err != nil {
				return err
			}
			if grown, ok := measure(below, made); ok {
				m.view.rows[owner-hprof.FirstOwner].Growth = &grown
			}
		}
	}
	return nil
}

func measure(below *growth.TargetGraph, made map[int32]float64) (growth.Growth, bool) {
	sum := 0.0
	nodes := make([]int32, 0, len(made))
	for node, bytes := range made {
		nodes = append(nodes, node)
		sum += bytes
	}
	if sum < worthBytes {
		return growth.Growth{}, false
	}
	slices.Sort(nodes)
	bytes := make([]float64, len(nodes))
	for i, node := range nodes {
		bytes[i] = made[node]
	}
	return below.Measure(nodes, bytes)
}

// A growthWalk finds what each node has made.
type growthWalk struct {
	g     *hprof.Graph
	nodes []node
	views []*madeIn
	seen  marker
	own   marker // what nodes have for their own: no other's walk goes there
}

// madeIn are the bytes by node of the rows of a view.
type madeIn struct {
	view *viewBuilder
	made map[hprof.Owner]map[int32]float64
}

func (m *madeIn) of(owner hprof.Owner) map[int32]float64 {
	made := m.made[owner]
	if made == nil {
		made = map[int32]float64{}
		m.made[owner] = made
	}
	return made
}

// enter gives each row the nodes that belong to it, though they may have made
// nothing: in the views by node those of its rule or aspect, in that by field those
// that hand on a value of it.
func (w *growthWalk) enter(sites []*site) {
	for i, n := range w.nodes {
		for _, at := range n.parts {
			w.own.put(at)
		}
		for _, m := range w.views {
			if owner := m.view.owner(n.parts[0]); n.computed() && isRow(owner) && m.view.by != "field" {
				m.of(owner)[int32(i)] += 0
			}
		}
	}
	for _, m := range w.views {
		if m.view.by != "field" {
			continue
		}
		for _, s := range sites {
			for _, v := range s.values {
				if v.at == hprof.None {
					continue
				}
				if owner := m.view.owner(v.at); isRow(owner) {
					m.of(owner)[int32(v.node)] += 0
				}
			}
		}
	}
}

func isRow(o hprof.Owner) bool { return o >= hprof.FirstOwner && o <= hprof.LastOwner }

// walk goes from each node that a rule or aspect has computed, the lower ones first,
// to what nobody has reached before.
func (w *growthWalk) walk(ctx context.Context, below *growth.TargetGraph) error {
	var order []int32
	for i, n := range w.nodes {
		if n.computed() {
			order = append(order, int32(i))
		}
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(below.Below(int(a)), below.Below(int(b))) })
	work := w.g.Worklist()
	for _, i := range order {
		for _, at := range w.nodes[i].parts {
			w.push(work, i, at)
		}
		for {
			node, refs, ok, err := work.Next(ctx)
			if err != nil {
				return err
			}
			if !ok {
				break
			}
			for _, to := range w.g.Keeps(node, refs) {
				if to != hprof.None && !w.own.has(to) {
					w.push(work, i, to)
				}
			}
		}
	}
	return nil
}

func (w *growthWalk) push(work *hprof.Worklist, node int32, at uint32) {
	if at == hprof.None || w.g.IsClass(at) || !w.seen.put(at) {
		return
	}
	work.Push(at)
	for _, m := range w.views {
		if owner := m.view.owner(at); isRow(owner) {
			if made, ok := m.made[owner]; ok {
				made[node] += float64(w.g.ShallowBytes(at))
			}
		}
	}
}
