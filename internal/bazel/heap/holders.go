// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"context"

	"example.invalid/starlark-memls/internal/hprof"
)

// holders is each object's owner in every view.
type holders struct {
	nodes   []node
	threads []Thread // with what they evaluate
	views   []*viewBuilder
	answers *hprof.Ownership
}

func (h *holders) view(by string) *viewBuilder {
	for _, v := range h.views {
		if v.by == by {
			return v
		}
	}
	return nil
}

// holders finds who owns the objects of a graph.
func (h *Dump) holders(ctx context.Context, g *hprof.Graph) (*holders, error) {
	defs, err := h.readDefinitions(ctx, g)
	if err != nil {
		return nil, err
	}
	var out holders
	if out.nodes, err = h.readNodes(ctx, g, defs); err != nil {
		return nil, err
	}
	out.threads = h.threadsWithOwner(defs)
	for i := range nodeViews {
		out.views = append(out.views, h.nodeView(g, i, out.nodes, out.threads, defs))
	}
	fields, err := h.fieldView(ctx, g)
	if err != nil {
		return nil, err
	}
	out.views = append(out.views, fields)
	out.answers, err = h.ownThem(ctx, g, out.views, out.threads)
	return &out, err
}
