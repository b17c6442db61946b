// SPDX-License-Identifier: Apache-2.0

package flow

import (
	"maps"
	"slices"
	"strings"
)

// An Origin is a path that a value was made from.
type Origin struct {
	Path *Path
	// Way is the dearest way between, Flat tells that a depset was flattened
	// on it.
	Way   Way
	Flat  bool
	Trail []SourceRange // where it went through, from the path to the value
	// Through are the objects between, the outermost first.
	Through []*MadeObject
}

const (
	maxSources = 64
	maxDeep    = 12
)

// Sources are the paths that a value, and what it holds, were made from.
func (v Value) Sources() []Origin {
	g := gatherer{seen: map[visit]bool{}}
	g.value(v, Origin{}, 0)
	return g.out
}

// inText reports whether a string lies between.
func (s Origin) inText() bool {
	return slices.ContainsFunc(s.Through, func(o *MadeObject) bool { return o.Kind&String != 0 && o.Kind&Collection == 0 })
}

// A visit is an object as reached in a way.
type visit struct {
	object *MadeObject
	way    Way
	flat   bool
}

type gatherer struct {
	out  []Origin
	seen map[visit]bool
}

func (g *gatherer) value(v Value, so Origin, deep int) {
	if deep > maxDeep || len(g.out) >= maxSources {
		return
	}
	for _, p := range v.Paths {
		next := so
		next.Path = p
		if !g.has(next) {
			g.out = append(g.out, next)
		}
	}
	for _, o := range v.Objects {
		at := visit{o, so.Way, so.Flat}
		if g.seen[at] || o.Module {
			continue
		}
		g.seen[at] = true
		next := so
		next.Through = append(so.Through[:len(so.Through):len(so.Through)], o)
		for _, part := range o.Parts {
			inner := next
			inner.Way = max(so.Way, part.Way)
			inner.Flat = so.Flat || part.Flat
			inner.Trail = append([]SourceRange{part.At}, so.Trail...)
			g.value(part.Value, inner, deep+1)
		}
		// Of a copy the elements themselves are shared, but for text.
		inner := next
		inner.Way = Held
		if inner.inText() {
			inner.Way = max(so.Way, Held)
		}
		g.value(o.Elements, inner, deep+1)
		for _, name := range slices.Sorted(maps.Keys(o.Fields)) {
			g.value(o.Fields[name], inner, deep+1)
		}
	}
}

func (g *gatherer) has(s Origin) bool {
	for _, t := range g.out {
		if t.Way == s.Way && t.Flat == s.Flat && t.Path.same(s.Path) {
			return true
		}
	}
	return false
}

// A Field is a provider's field, with the names inside it where the field
// holds a struct: "info.sources".
type Field struct {
	Provider, Name string
}

func (f Field) String() string { return short(f.Provider) + "." + f.Name }

// Outermost is the field without the names inside it: "Provider.field".
func (f Field) Outermost() string {
	name, _, _ := strings.Cut(f.Name, ".")
	return short(f.Provider) + "." + name
}

// short is an ID without its file.
func short(id string) string { return id[strings.LastIndexByte(id, '%')+1:] }

// Read is the provider's field that a path ends at, of a target that is
// reached by an attribute. whole is false where the path goes on to an element
// of the field.
func (p *Path) Read() (f Field, whole, ok bool) {
	whole = true
	var names []string
	for ; p != nil; p = p.From {
		switch {
		case p.Step.Root:
			return Field{}, false, false
		case p.Step.Provider != "":
			if len(names) == 0 {
				return Field{}, false, false
			}
			return Field{p.Step.Provider, strings.Join(names, ".")}, whole, true
		case p.Step.Name == "":
			if len(names) > 0 {
				// An element of something inside: the field is what holds it.
				names = nil
			}
			whole = false
		default:
			names = append([]string{p.Step.Name}, names...)
		}
	}
	return Field{}, false, false
}

// Implicit reports whether a path begins at a private attribute, which is the
// same for every target, or at a toolchain.
func (p *Path) Implicit() bool {
	for ; p != nil; p = p.From {
		if p.Step.Name == "toolchains" || p.From != nil && strings.HasPrefix(p.Step.Name, "_") && (p.From.Step.Name == "attr" || p.From.Step.Name == "files" || p.From.Step.Name == "file") {
			return true
		}
	}
	return false
}

// Text reports whether a path is a string that a file or a label has.
func (p *Path) Text() bool {
	switch p.Step.Name {
	case "path", "short_path", "dirname", "basename", "extension", "name", "package", "workspace_name":
		return p.From != nil
	}
	return false
}

// Own reports whether a path is read of an aspect's own target, and not of a
// dependency.
func (p *Path) Own() bool {
	for ; p != nil; p = p.From {
		if p.Step.Provider != "" {
			return p.From != nil && p.From.Step.Root && p.From.Step.Name == "target"
		}
	}
	return false
}

// Has reports whether a path goes through an attribute of that name.
func (p *Path) Has(name string) bool {
	for ; p != nil; p = p.From {
		if p.Step.Name == name && !p.Step.Root {
			return true
		}
	}
	return false
}

// Root is the parameter that a path begins at.
func (p *Path) Root() string {
	for p.From != nil {
		p = p.From
	}
	return p.Step.Name
}
