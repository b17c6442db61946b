// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"cmp"
	"context"
	"slices"

	"example.invalid/starlark-memls/internal/hprof"
)

// A site is a field of a provider, or of a struct in one: what a rule hands on,
// target by target. Most of what a leak consists of is values at one site, and
// what is wrong with them shows when a target's value is laid beside those of the
// targets it depends on.
type site struct {
	provider, field string // "AuditInfo", "records" or "data.rows"
	file            string // the label of the provider's .bzl
	values          []siteValue
	made            map[Place]int
	rules           map[string]int // values by implementer
}

// A siteValue is what a node's instance holds there.
type siteValue struct {
	node int // of the list of nodes
	at   uint32
}

func (s *site) name() string { return s.provider + "." + s.field }

// place is where most of the instances were made; the zero Place from 9 on,
// where no instance knows.
func (s *site) place() (most Place) {
	n := 0
	for p, k := range s.made {
		if k > n || k == n && p.String() < most.String() {
			most, n = p, k
		}
	}
	return most
}

// rule is the implementer of most values.
func (s *site) rule() (most string) {
	n := 0
	for r, k := range s.rules {
		if k > n || k == n && r < most {
			most, n = r, k
		}
	}
	return most
}

// targets counts the nodes with a value.
func (s *site) targets() int64 {
	n, last := int64(0), -1
	for _, v := range s.values { // by node
		if v.node != last {
			n, last = n+1, v.node
		}
	}
	return n
}

// at are a node's values.
func (s *site) at(node int) []siteValue {
	i, ok := slices.BinarySearchFunc(s.values, node, func(v siteValue, node int) int { return cmp.Compare(v.node, node) })
	if !ok {
		return nil
	}
	j := i
	for j < len(s.values) && s.values[j].node == node {
		j++
	}
	return s.values[i:j]
}

// computed reports whether a Starlark function has computed the node's value.
func (n node) computed() bool { return n.made.kind == "rule" || n.made.kind == "aspect" }

// dependencies are, for each node that a rule or aspect has computed, those of
// them that it asked for directly: the keys in the entry's directDeps.
func (h *Dump) dependencies(ctx context.Context, g *hprof.Graph, nodes []node) ([][]int32, error) {
	byObject, byKey := map[uint64]int32{}, map[Key]int32{}
	for i, n := range nodes {
		if n.computed() {
			byObject[n.keyID] = int32(i)
			byKey[n.key] = int32(i)
		}
	}
	out := make([][]int32, len(nodes))
	var collect func(o hprof.Object, to []int32, depth int) []int32
	collect = func(o hprof.Object, to []int32, depth int) []int32 {
		if o.IsZero() || depth == 0 {
			return to
		}
		if i, ok := byObject[o.ID]; ok {
			return append(to, i)
		}
		if _, _, ok := arrayOf(o); ok {
			for e := range elements(h.d, o, maxChain) {
				to = collect(e, to, depth-1)
			}
			return to
		}
		if classIs(o.Class(), "ConfiguredTargetKey", "AspectValueKey", "AspectKeyCreator$AspectBaseKey") { // not interned
			if k, ok := readKey(o); ok {
				if i, ok := byKey[k]; ok {
					return append(to, i)
				}
			}
		}
		return to
	}
	for i, n := range nodes {
		if i&(1<<10-1) == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if !n.computed() {
			continue
		}
		if entry, ok := g.Object(n.parts[0]); ok {
			deps, _ := entry.Ref("directDeps")
			got := collect(deps, nil, 4)
			slices.Sort(got)
			out[i] = slices.DeleteFunc(slices.Compact(got), func(d int32) bool { return d == int32(i) })
		}
	}
	return out, nil
}

// maxProviders bounds the objects that are looked at between a node's value and
// its providers.
const maxProviders = 1 << 10

// readSites finds the provider instances of each node and lists what they hold.
func (h *Dump) readSites(ctx context.Context, g *hprof.Graph, nodes []node) ([]*site, error) {
	infos := classSet(h.d, func(c *hprof.Class) bool { return classIs(c, "StarlarkInfo", "SkylarkInfo") })
	type key struct{ provider, file, field string }
	index := map[key]*site{}
	var out []*site
	add := func(i int, p Provider, made Place, field string, v hprof.Object) {
		k := key{p.Name, p.File, field}
		s := index[k]
		if s == nil {
			s = &site{provider: p.Name, file: p.File, field: field, made: map[Place]int{}, rules: map[string]int{}}
			index[k] = s
			out = append(out, s)
		}
		s.values = append(s.values, siteValue{i, g.Number(v.ID)})
		s.made[made]++
		s.rules[nodes[i].made.label()]++
	}
	var members func(i int, o hprof.Object, p Provider, made Place, path string, depth int)
	members = func(i int, o hprof.Object, p Provider, made Place, path string, depth int) {
		for _, m := range h.members(o, maxSchema) {
			if m.value.IsZero() || h.isSmall(m.value) {
				continue
			}
			if infos[m.value.Class()] && depth > 0 {
				members(i, m.value, p, made, path+m.name+".", depth-1)
				continue
			}
			add(i, p, made, path+m.name, m.value)
		}
	}
	for i, n := range nodes {
		if i&(1<<8-1) == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if !n.computed() {
			continue
		}
		for _, at := range h.infosOf(g, n, infos) {
			if o, ok := g.Object(at); ok {
				members(i, o, h.providerOf(o), h.madeAt(o), "", 2)
			}
		}
	}
	return out, nil
}

// infosOf walks from a node's value to its Starlark providers: the value, the
// target or aspect in it, the map of providers, its arrays.
func (h *Dump) infosOf(g *hprof.Graph, n node, infos map[*hprof.Class]bool) []uint32 {
	if len(n.parts) < 2 {
		return nil
	}
	var out []uint32
	seen := map[uint32]bool{}
	todo := slices.Clone(n.parts[1:])
	for depth := 0; depth < 5 && len(todo) > 0; depth++ {
		var next []uint32
		for _, at := range todo {
			for _, to := range g.Keeps(at, g.References(at, nil)) {
				if to == hprof.None || g.IsClass(to) || seen[to] || len(seen) > maxProviders {
					continue
				}
				seen[to] = true
				switch c := g.Class(to); {
				case infos[c]:
					out = append(out, to)
				case c.Name == "java.lang.Object[]", classIs(c, "TransitiveInfoProviderMapImpl", "TransitiveInfoProviderMap", "ConfiguredAspect", "ConfiguredAspect$BasicConfiguredAspect"):
					next = append(next, to)
				}
			}
		}
		todo = next
	}
	slices.Sort(out)
	return out
}

// label names an implementer for people: "rule docs", "aspect //f.bzl%scan".
func (i implementer) label() string { return i.kind + " " + i.name }
