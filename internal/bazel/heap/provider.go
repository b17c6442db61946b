package heap

import (
	"strconv"
	"strings"

	"example.invalid/starlark-memls/internal/hprof"
)

// A Provider is what made a struct-like value.
type Provider struct {
	Name string // "struct", "MyInfo"
	File string // the label of its .bzl; "" for Bazel's own
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
	if key, ok := p.Ref("key"); ok {
		if name := refText(key, "exportedName"); name != "" {
			out.Name = name
		}
		out.File = firstLabel(key, "extensionLabel")
		if k, ok := key.Ref("extensionKey"); ok && out.File == "" {
			out.File = refLabel(k, "label")
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
// schema (StarlarkInfoWithSchema from 6 on; 0.29's compact form with a layout).
func (r *reader) members(o hprof.Object, limit int) []member {
	table, ok := o.Ref("table")
	if !ok {
		table, ok = o.Ref("values")
	}
	if !ok {
		return nil
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
		v, _ := table.Element(i)
		if v.IsZero() {
			continue
		}
		name := "#" + strconv.Itoa(i)
		if i < len(names) {
			name = names[i]
		}
		out = append(out, member{name, v})
	}
	return out
}

// schema is the list of names the values go by, nil where the table has them.
func (r *reader) schema(o hprof.Object) []string {
	owner, field := o, "layout"
	if !o.Has(field) {
		if !strings.HasSuffix(o.Class().Name, "WithSchema") {
			return nil
		}
		owner, _ = o.Ref("provider")
		field = "schema"
		if !owner.Has(field) {
			field = "fields"
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
