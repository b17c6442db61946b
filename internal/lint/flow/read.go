// SPDX-License-Identifier: Apache-2.0

package flow

import (
	"maps"
	"slices"

	"go.starlark.net/syntax"
)

// A read is what an attribute is read of, over all calls of the function
// around it.
type read struct {
	fields []Field
	// other: of something that is known, and is no provider's instance;
	// unknown: of something that is not.
	other, unknown bool
}

// noteRead remembers what x.name reads.
func (in *interpreter) noteRead(e *syntax.DotExpr, on Value) {
	r := in.reads[e]
	if r == nil {
		r = &read{}
		in.reads[e] = r
	}
	if on.empty() {
		r.unknown = true
	}
	for _, path := range on.Paths {
		switch {
		case path.Step.Provider != "":
			r.note(Field{path.Step.Provider, e.Name.Name})
		case path.Step.Root && path.Step.Name != "ctx" && path.Step.Name != "target":
			r.unknown = true // a parameter of a function that nothing here calls
		case path.Step.Name == "" && !path.Step.Root:
			r.unknown = r.unknown || !path.known()
		default:
			r.other = true
		}
	}
	for _, o := range on.Objects {
		if o.Kind&Instance != 0 {
			r.note(Field{o.Provider, e.Name.Name})
		} else {
			r.other = true
		}
	}
	if len(on.Functions) > 0 {
		r.other = true
	}
}

func (r *read) note(f Field) {
	if !slices.Contains(r.fields, f) {
		r.fields = append(r.fields, f)
	}
}

// join takes in what else is known of the expression.
func (r *read) join(other *read) {
	for _, f := range other.fields {
		r.note(f)
	}
	r.other, r.unknown = r.other || other.other, r.unknown || other.unknown
}

// known reports whether a path begins at what Bazel gives.
func (p *Path) known() bool {
	switch p.Root() {
	case "ctx", "target", "repository_ctx", "glob()":
		return true
	}
	return false
}

// An index finds names in the sources without walking them again.
type index struct {
	// dots are the expressions x.name, calls the files that use a name, and
	// asked the names that getattr and hasattr are given.
	dots  map[string][]dotIn
	users map[string][]*File
	asked map[string]bool
}

type dotIn struct {
	dot  *syntax.DotExpr
	file *File
}

// names is the index, made when it is first asked for.
func (p *Program) names() *index {
	if p.index != nil {
		return p.index
	}
	x := &index{dots: map[string][]dotIn{}, users: map[string][]*File{}, asked: map[string]bool{}}
	for _, path := range slices.Sorted(maps.Keys(p.Files)) {
		x.add(p.Files[path])
	}
	p.index = x
	return x
}

func (x *index) add(file *File) {
	seen := map[string]bool{}
	syntax.Walk(file.Tree, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.DotExpr:
			x.dots[n.Name.Name] = append(x.dots[n.Name.Name], dotIn{n, file})
		case *syntax.CallExpr:
			if id, ok := n.Fn.(*syntax.Ident); ok && (id.Name == "getattr" || id.Name == "hasattr") && len(n.Args) > 1 {
				if name, ok := n.Args[1].(*syntax.Literal); ok {
					if text, ok := name.Value.(string); ok {
						x.asked[text] = true
					}
				}
			}
		case *syntax.Ident:
			if !seen[n.Name] {
				seen[n.Name] = true
				x.users[n.Name] = append(x.users[n.Name], file)
			}
		}
		return true
	})
}

// Reads reports whether some file of the workspace reads an attribute of that
// name.
func (p *Program) Reads(name string) bool { return len(p.names().dots[name]) > 0 }

// Readers are the expressions that read a field, of all files of the
// workspace; ok is false where one of an attribute of that name is of what is
// not known, or was never followed.
func (p *Program) Readers(f Field) (readers map[*syntax.DotExpr]*File, ok bool) {
	if p.names().asked[f.Name] {
		return nil, false // getattr(x, "name")
	}
	readers = map[*syntax.DotExpr]*File{}
	for _, at := range p.names().dots[f.Name] {
		r := p.reads[at.dot]
		if r == nil || r.unknown {
			return nil, false
		}
		if !slices.Contains(r.fields, f) {
			continue
		}
		if len(r.fields) > 1 || r.other {
			return nil, false
		}
		readers[at.dot] = at.file
	}
	return readers, true
}

// Callers are the calls of a function that is named in the file of its
// definition and in those that load it; ok is false where it is used otherwise.
func (p *Program) Callers(def *syntax.DefStmt) (calls []*syntax.CallExpr, ok bool) {
	ok = true
	for _, other := range p.names().users[def.Name.Name] {
		m := p.modules[other.Path]
		callee := map[*syntax.Ident]bool{}
		syntax.Walk(other.Tree, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.CallExpr:
				if id, named := n.Fn.(*syntax.Ident); named && p.isDef(m, id.Name, def) {
					callee[id] = true
					calls = append(calls, n)
				}
			case *syntax.LoadStmt:
				for i := range n.From {
					// Under another name it would be looked for in vain.
					ok = ok && (n.From[i].Name != def.Name.Name || n.To[i].Name == n.From[i].Name)
				}
				return false
			case *syntax.Ident:
				if n != def.Name && !callee[n] && p.isDef(m, n.Name, def) {
					ok = false
				}
			}
			return true
		})
	}
	return calls, ok
}

func (p *Program) isDef(m *module, name string, def *syntax.DefStmt) bool {
	for _, fn := range m.global(name).Functions {
		if fn.def == def {
			return true
		}
	}
	return false
}

// Definition is the function of the workspace that a name in a file means, and
// its file; nil where it is none, or may be several.
func (p *Program) Definition(f *File, name string) (*syntax.DefStmt, *File) {
	all := p.modules[f.Path].global(name).Functions
	if len(all) != 1 || all[0].def == nil || all[0].module == nil {
		return nil, nil
	}
	file := p.Files[all[0].module.file.Path]
	if file == nil {
		return nil, nil
	}
	return all[0].def, file
}
