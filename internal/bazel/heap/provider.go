// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"slices"
	"strconv"
	"strings"

	"example.invalid/starlark-memls/internal/hprof"
)

// A Provider is what made a struct-like value.
type Provider struct {
	Name string // "struct", "MyInfo"
	File string // the label of its .bzl; "" for Bazel's own
	// Declared is where provider() was called, where the dump has it.
	Declared Place
}

func (r *reader) providerOf(o hprof.Object) Provider {
	p, ok := o.Ref("provider")
	if !ok {
		return Provider{Name: strings.TrimSuffix(simpleName(o.Class()), "Impl")}
	}
	r.mu.Lock()
	known, ok := r.providers[p.ID]
	r.mu.Unlock()
	if ok {
		return known
	}
	out := Provider{Name: refText(p, "name")}
	key, ok := p.Ref("key")
	if !ok { // 8 on; a token while the provider has no name yet
		key, ok = p.Ref("keyOrIdentityToken")
	}
	if ok {
		if name := refText(key, "exportedName"); name != "" {
			out.Name = name
		}
		out.File = firstLabel(key, "extensionLabel")
		for _, f := range [...]string{"extensionKey", "key"} { // the key by which its file was loaded
			if k, ok := key.Ref(f); ok && out.File == "" {
				out.File = refLabel(k, "label")
			}
		}
	}
	if strings.HasSuffix(p.Class().Name, "StarlarkProvider") {
		if !p.Has("key") && !p.Has("keyOrIdentityToken") {
			r.note("%s has neither key nor keyOrIdentityToken: providers are called struct, whichever they are", p.Class().Name)
		}
		if loc, ok := p.Ref("location"); ok {
			out.Declared = place(loc)
		}
	}
	if out.Name == "" {
		out.Name = "struct"
	}
	r.mu.Lock()
	r.providers[p.ID] = out
	r.mu.Unlock()
	return out
}

// A member is a field of a struct or provider instance.
type member struct {
	name  string
	value hprof.Object
}

// members reads the table of a StarlarkInfo: n sorted names and then n values
// (up to 6, and StarlarkInfoNoSchema), or values in the order of the provider's
// sorted fields (StarlarkInfoWithSchema from 6 on, in slots from 9 on; 0.29's
// compact form with a layout).
func (r *reader) members(o hprof.Object, limit int) []member {
	table, ok := o.Ref("table")
	if !ok {
		table, ok = o.Ref("values")
	}
	if !ok {
		return r.slotMembers(o, limit)
	}
	if table.Kind() != hprof.ObjectArray { // 0.29, 2.1: an ImmutableMap
		var out []member
		for k, v := range entries(r.d, table, limit) {
			name, _ := k.Text(maxName)
			out = append(out, member{name, v})
		}
		return out
	}
	names := r.schema(o)
	if names == nil {
		n := table.Len() / 2
		out := make([]member, 0, min(n, limit))
		for i := range min(n, limit) {
			k, _ := table.Element(i)
			v, _ := table.Element(n + i)
			name, _ := k.Text(maxName)
			out = append(out, member{name, v})
		}
		return out
	}
	var out []member
	for i := range min(table.Len(), limit) {
		if v, _ := table.Element(i); !v.IsZero() {
			out = append(out, member{nameAt(names, i), v})
		}
	}
	return out
}

func nameAt(names []string, i int) string {
	if i < len(names) {
		return names[i]
	}
	return "#" + strconv.Itoa(i)
}

// slotMembers reads the instances of 9, whose values are fields of their own:
// StarlarkInfoWithSchema$Schema0 to $Schema5 have v0, v1, …; $SchemaN has vs.
func (r *reader) slotMembers(o hprof.Object, limit int) []member {
	var values []hprof.Object
	switch vs, ok := o.Ref("vs"); {
	case ok:
		for v := range elements(r.d, vs, limit) {
			values = append(values, v)
		}
	case o.Has("v0"):
		for i := 0; i < limit && o.Has("v"+strconv.Itoa(i)); i++ {
			v, _ := o.Ref("v" + strconv.Itoa(i))
			values = append(values, v)
		}
	default:
		if c := o.Class(); classIs(c, "StarlarkInfo") && !strings.HasSuffix(c.Name, "$Schema0") && !o.Has("vs") {
			r.note("%s has no field with values that this program knows (table, values, vs, v0): what providers hold is not known", c.Name)
		}
		return nil
	}
	names := r.schema(o)
	var out []member
	for i, v := range values {
		if !v.IsZero() {
			out = append(out, member{nameAt(names, i), v})
		}
	}
	return out
}

// schema is the list of names the values go by, nil where the table has them.
func (r *reader) schema(o hprof.Object) []string {
	owner, field := o, "layout"
	if !o.Has(field) {
		if !classIs(o.Class(), "StarlarkInfoWithSchema") {
			return nil
		}
		// The values go by the sorted list in fields; schema beside it (8 on) is a
		// map in the order of the declaration.
		owner, _ = o.Ref("provider")
		field = "fields"
		if !owner.Has(field) {
			field = "schema"
		}
		if !owner.Has(field) {
			r.note("%s has neither fields nor schema: the fields of its instances have numbers for names", owner.Class().Name)
		}
	}
	s, ok := owner.Ref(field)
	if !ok {
		return []string{}
	}
	r.mu.Lock()
	known, ok := r.schemas[s.ID]
	r.mu.Unlock()
	if ok {
		return known
	}
	names := []string{}
	if _, isList := lengthOf(s); isList {
		for e := range elements(r.d, s, maxSchema) {
			name, _ := e.Text(maxName)
			names = append(names, name)
		}
	} else if field == "schema" { // a map of names to documentation
		for k := range entries(r.d, s, maxSchema) {
			name, _ := k.Text(maxName)
			names = append(names, name)
		}
		slices.Sort(names)
	} else {
		names = r.layoutNames(s)
	}
	r.mu.Lock()
	r.schemas[s.ID] = names
	r.mu.Unlock()
	return names
}

const maxSchema = 1 << 12

// layoutNames reads 0.29's and 2.1's Layout{map: name → index}.
func (r *reader) layoutNames(layout hprof.Object) []string {
	m, ok := layout.Ref("map")
	if !ok {
		m = layout
	}
	var names []string
	for k, v := range entries(r.d, m, maxSchema) {
		name, _ := k.Text(maxName)
		i, ok := v.Int("value")
		if !ok || i < 0 || i >= maxSchema {
			i = int64(len(names))
		}
		for int(i) >= len(names) {
			names = append(names, "")
		}
		names[i] = name
	}
	return names
}
