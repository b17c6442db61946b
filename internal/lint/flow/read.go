package flow

import "go.starlark.net/syntax"

// A read is what an attribute is read of, over all calls of the function
// around it.
type read struct {
	fields []Field
	// other: of something that is known, and is no provider's instance;
	// unknown: of something that is not.
	other, unknown bool
}

// noteRead remembers what x.name reads.
func (p *Program) noteRead(e *syntax.DotExpr, on Value) {
	r := p.reads[e]
	if r == nil {
		r = &read{}
		p.reads[e] = r
	}
	note := func(f Field) {
		for _, old := range r.fields {
			if old == f {
				return
			}
		}
		r.fields = append(r.fields, f)
	}
	if on.empty() {
		r.unknown = true
	}
	for _, path := range on.Paths {
		switch {
		case path.Step.Provider != "":
			note(Field{path.Step.Provider, e.Name.Name})
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
			note(Field{o.Provider, e.Name.Name})
		} else {
			r.other = true
		}
	}
	if len(on.Functions) > 0 {
		r.other = true
	}
}

// known reports whether a path begins at what Bazel gives.
func (p *Path) known() bool {
	switch p.Root() {
	case "ctx", "target", "repository_ctx", "glob()":
		return true
	}
	return false
}

// Readers are the expressions that read a field, of all files of the
// workspace; ok is false where one of an attribute of that name is of what is
// not known, or was never followed.
func (p *Program) Readers(f Field) (readers map[*syntax.DotExpr]*File, ok bool) {
	readers, ok = map[*syntax.DotExpr]*File{}, true
	for _, file := range p.Files {
		syntax.Walk(file.Tree, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.DotExpr:
				if n.Name.Name != f.Name {
					return true
				}
				r := p.reads[n]
				if r == nil || r.unknown {
					ok = false
					return true
				}
				for _, one := range r.fields {
					if one == f {
						readers[n] = file
						ok = ok && len(r.fields) == 1 && !r.other
					}
				}
			case *syntax.Literal:
				// getattr(x, "name")
				if s, isText := n.Value.(string); isText && s == f.Name && n.Token == syntax.STRING && p.asked(file, n) {
					ok = false
				}
			}
			return true
		})
	}
	return readers, ok
}

// asked reports whether a literal is the name in a getattr.
func (p *Program) asked(file *File, name *syntax.Literal) bool {
	found := false
	syntax.Walk(file.Tree, func(n syntax.Node) bool {
		if c, ok := n.(*syntax.CallExpr); ok && len(c.Args) > 1 && c.Args[1] == syntax.Expr(name) {
			if id, ok := c.Fn.(*syntax.Ident); ok && (id.Name == "getattr" || id.Name == "hasattr") {
				found = true
			}
		}
		return true
	})
	return found
}

// Callers are the calls of a function that is named in the file of its
// definition and in those that load it; ok is false where it is used otherwise.
func (p *Program) Callers(file *File, def *syntax.DefStmt) (calls []*syntax.CallExpr, ok bool) {
	ok = true
	for _, other := range p.Files {
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
	for _, fn := range m.globals.vars[name].Functions {
		if fn.def == def {
			return true
		}
	}
	return false
}

// Definition is the function of the workspace that a name in a file means, and
// its file; nil where it is none, or may be several.
func (p *Program) Definition(f *File, name string) (*syntax.DefStmt, *File) {
	all := p.modules[f.Path].globals.vars[name].Functions
	if len(all) != 1 || all[0].def == nil || all[0].module == nil {
		return nil, nil
	}
	file := p.Files[all[0].module.file.Path]
	if file == nil {
		return nil, nil
	}
	return all[0].def, file
}
