// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"context"

	"example.invalid/starlark-memls/internal/hprof"
)

// The view by field names the guilty function where no Starlark stack is left:
// in the execution phase, or in a dump of a server that died otherwise. Every
// instance of a provider remembers where it was made, so what hangs below each
// (provider, field, place made) tells who built it, what for and where.
//
// The values are the owners' roots here: what a field refers to counts as the
// field's, whoever else has it (the action that writes the text, a dictionary).
func (h *Dump) fieldView(ctx context.Context, g *hprof.Graph) (*viewBuilder, error) {
	v := newView("field")
	infos := classSet(h.d, func(c *hprof.Class) bool { return classIs(c, "StarlarkInfo", "SkylarkInfo") })
	for at := range uint32(g.Nodes()) {
		if at&(1<<16-1) == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if g.IsClass(at) || !infos[g.Class(at)] || !g.Strength(at).Live() {
			continue
		}
		o, _ := g.Object(at)
		p := h.providerOf(o)
		made := h.madeAt(o)
		for _, m := range h.members(o, maxSchema) {
			if m.value.IsZero() || h.isSmall(m.value) {
				continue
			}
			name := p.Name + "." + m.name
			if s := made.String(); s != "" {
				name += " made at " + s
			}
			row := v.row(Owner{Kind: "field", Name: name, Provider: p.Name, Field: m.name}, func(row *Owner) {
				row.Made = &made
				row.Function = &Function{Name: "", Module: p.File}
				if row.Function.Module == "" {
					row.Function = nil
				}
			})
			v.rows[row-hprof.FirstOwner].Nodes++
			v.plant(g.Number(m.value.ID), row)
		}
	}
	return v, nil
}

// isSmall says whether a value is one of the shared singletons that nobody
// owns.
func (h *Dump) isSmall(o hprof.Object) bool {
	switch h.kindOf(o.Class()) {
	case kindNone, kindBool, kindInt, kindLabel, kindFile, kindFunction, kindBuiltin, kindTarget:
		return true
	}
	return false
}

// madeAt is where an instance was made.
func (h *Dump) madeAt(o hprof.Object) Place {
	for _, f := range [...]string{"location", "creationLoc", "loc"} {
		if loc, ok := o.Ref(f); ok {
			return place(loc)
		}
	}
	return Place{}
}
