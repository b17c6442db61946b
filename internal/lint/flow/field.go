// SPDX-License-Identifier: Apache-2.0

package flow

// The graph of fields: which provider's field is made from which of the
// targets below. A field that leads back to itself holds the closure.

type fieldNode struct {
	from       map[Field]bool
	transitive bool
	kind       TypeSet
	read       bool // of a target
}

// connect fills the graph from the stores.
func (p *Program) connect() {
	p.fields = map[Field]*fieldNode{}
	for _, s := range p.Stores {
		n := p.node(s.Field)
		n.kind |= s.Value.Kind()
		for _, so := range s.Sources() {
			f, whole, ok := so.Path.Read()
			if !ok || !whole || so.Path.Implicit() || so.Way == Alias {
				continue
			}
			n.from[f] = true
			p.node(f).read = true
		}
	}
	// Where a root is too long to be followed to its end, what is asked of
	// targets is what they keep.
	asked := map[string]bool{}
	for f := range p.fields {
		asked[f.Provider] = asked[f.Provider] || p.fields[f].read
	}
	for _, s := range p.Stores {
		s.Kept = s.Kept || s.cut && asked[s.Field.Provider]
	}
	for f, n := range p.fields {
		n.transitive = builtinTransitive[f] || !builtinProviders[f.Provider] && p.reaches(f, f, map[Field]bool{})
	}
	// What is made from a transitive field holds as much, in every target.
	for again := true; again; {
		again = false
		for f, n := range p.fields {
			if n.transitive || builtinProviders[f.Provider] {
				continue
			}
			for from := range n.from {
				if p.fields[from].transitive {
					n.transitive, again = true, true
				}
			}
		}
	}
}

func (p *Program) node(f Field) *fieldNode {
	n, ok := p.fields[f]
	if !ok {
		n = &fieldNode{from: map[Field]bool{}}
		p.fields[f] = n
	}
	return n
}

func (p *Program) reaches(f, to Field, seen map[Field]bool) bool {
	for next := range p.fields[f].from {
		if next == to {
			return true
		}
		if !seen[next] {
			seen[next] = true
			if p.reaches(next, to, seen) {
				return true
			}
		}
	}
	return false
}

// Transitive reports whether a field holds what all targets below put into it.
func (p *Program) Transitive(f Field) bool {
	n, ok := p.fields[f]
	if !ok {
		return builtinTransitive[f]
	}
	return n.transitive
}

// Depset reports whether a field holds depsets, and nothing else.
func (p *Program) Depset(f Field) bool {
	return builtinTransitive[f] || p.Kind(f) == Depset
}

// Own reports whether a field is of a provider that these sources define.
func (f Field) Own() bool { return !builtinProviders[f.Provider] }

// Kind is what is stored in a field, as far as it is known.
func (p *Program) Kind(f Field) TypeSet {
	if n, ok := p.fields[f]; ok {
		return n.kind
	}
	return 0
}

// builtinTransitive are the fields of Bazel's own providers that hold the
// closure.
var builtinTransitive = map[Field]bool{
	{"DefaultInfo", "default_runfiles.files"}:         true,
	{"DefaultInfo", "default_runfiles.symlinks"}:      true,
	{"DefaultInfo", "default_runfiles.root_symlinks"}: true,
	{"DefaultInfo", "data_runfiles.files"}:            true,
	{"DefaultInfo", "data_runfiles.symlinks"}:         true,
	{"DefaultInfo", "default_runfiles"}:               true,
	{"DefaultInfo", "data_runfiles"}:                  true,
	{"PyInfo", "transitive_sources"}:                  true,
	{"PyInfo", "imports"}:                             true,
	{"ProtoInfo", "transitive_sources"}:               true,
	{"ProtoInfo", "transitive_imports"}:               true,
	{"ProtoInfo", "transitive_descriptor_sets"}:       true,
	{"ProtoInfo", "transitive_proto_path"}:            true,
	{"JavaInfo", "transitive_runtime_jars"}:           true,
	{"JavaInfo", "transitive_compile_time_jars"}:      true,
	{"JavaInfo", "transitive_source_jars"}:            true,
	{"JavaInfo", "transitive_deps"}:                   true,
	{"JavaInfo", "transitive_runtime_deps"}:           true,
	{"CcInfo", "compilation_context.headers"}:         true,
	{"CcInfo", "compilation_context.includes"}:        true,
	{"CcInfo", "compilation_context.defines"}:         true,
	{"CcInfo", "compilation_context.quote_includes"}:  true,
	{"CcInfo", "compilation_context.system_includes"}: true,
	{"CcInfo", "linking_context.linker_inputs"}:       true,
}
