// SPDX-License-Identifier: Apache-2.0

package hprof

import (
	"context"
	"strconv"
)

// A Step is one object on a path from a GC root.
type Step struct {
	Object Object
	// Through says where in the object before this one is referred to: a
	// field's name, "[17]", "static NAME", "<super>" or "<loader>"; for the first
	// step it is empty.
	Through string
}

// PathToRoot finds a shortest path over strong references from a root to the
// object with that id (over soft, finalizer, weak and phantom ones only where
// there is no strong path); the root comes first, with its kind. ok is false
// where no path exists.
func (g *Graph) PathToRoot(ctx context.Context, id uint64) (steps []Step, kind RootKind, ok bool, err error) {
	target := g.Number(id)
	if target == None {
		return nil, 0, false, nil
	}
	for _, all := range []bool{false, true} {
		from, err := g.breadthFirst(ctx, target, all)
		if err != nil {
			return nil, 0, false, err
		}
		if from[target] != None {
			steps, kind = g.steps(from, target)
			return steps, kind, true, nil
		}
	}
	return nil, 0, false, nil
}

// breadthFirst returns each node's predecessor on a shortest path, its own
// number for a root, None where it was not reached before the target.
func (g *Graph) breadthFirst(ctx context.Context, target uint32, all bool) ([]uint32, error) {
	from := make([]uint32, g.nodes)
	for i := range from {
		from[i] = None
	}
	var queue, refs []uint32
	g.roots(func(n uint32) {
		if from[n] == None {
			from[n] = n
			queue = append(queue, n)
		}
	})
	for i := 0; i < len(queue) && from[target] == None; i++ {
		if i&(1<<18-1) == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
		node := queue[i]
		refs = g.References(node, refs)
		held := refs
		if !all && node < g.objects && len(refs) > 0 && g.Class(node).special != notReference {
			held = held[1:]
		}
		for _, to := range held {
			if to != None && from[to] == None {
				from[to] = node
				queue = append(queue, to)
			}
		}
	}
	return from, nil
}

func (g *Graph) steps(from []uint32, node uint32) ([]Step, RootKind) {
	var nodes []uint32
	for ; from[node] != node; node = from[node] {
		nodes = append(nodes, node)
	}
	nodes = append(nodes, node)
	kind := RootLiveClass
	for r := range g.d.Roots() {
		if g.Number(r.ID) == node {
			kind = r.Kind
			break
		}
	}
	var steps []Step
	for i := len(nodes) - 1; i >= 0; i-- {
		o, _ := g.Object(nodes[i])
		s := Step{Object: o}
		if len(steps) > 0 {
			s.Through = steps[len(steps)-1].Object.Through(o.ID)
		}
		steps = append(steps, s)
	}
	return steps, kind
}

// Through names the place in o that refers to id.
func (o Object) Through(id uint64) string {
	switch o.kind {
	case Instance:
		for c, depth := o.class, 0; c != nil && depth < maxClassDepth; c, depth = c.Super, depth+1 {
			for _, f := range c.Fields {
				if ref, ok := o.class.Field(f.Name); ok && f.Type == Ref && o.RefAt(ref) == id {
					return f.Name
				}
			}
		}
	case ObjectArray:
		var ids [512]uint64
		for i := 0; ; i += len(ids) {
			n := o.ElementIDs(ids[:], i)
			for k, at := range ids[:n] {
				if at == id {
					return "[" + strconv.Itoa(i+k) + "]"
				}
			}
			if n < len(ids) {
				break
			}
		}
	case ClassObject:
		for _, s := range o.class.Statics {
			if s.Type == Ref && s.Bits == id {
				return "static " + s.Name
			}
		}
		if o.class.superID == id {
			return "<super>"
		}
		if o.class.holds[0] == id {
			return "<loader>"
		}
	}
	return ""
}
