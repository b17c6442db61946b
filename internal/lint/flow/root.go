// SPDX-License-Identifier: Apache-2.0

package flow

import (
	"context"
	"slices"
	"strings"

	"go.starlark.net/syntax"
)

// root runs a function as Bazel does.
func (in *interpreter) root(r *Root) {
	in.current, in.loops, in.chain, in.steps, in.branch, in.again = r, nil, nil, 0, 0, false
	f := r.Function
	params := f.params()
	args := map[string]Value{}
	for i, p := range params {
		name, _, stars := parameter(p)
		if name == "" || stars > 0 {
			continue
		}
		if r.Kind == "computed_default" || r.Kind == "macro" || r.Kind == "function" {
			if _, given, _ := parameter(p); given != nil {
				continue // its default
			}
		}
		root := name
		switch {
		case r.Kind == "rule" && i == 0, r.Kind == "aspect" && i == 1, r.Kind == "subrule" && i == 0:
			root = "ctx"
		case r.Kind == "aspect" && i == 0:
			root = "target"
		case r.Kind == "repository_rule" && i == 0:
			root = "repository_ctx"
		}
		args[name] = outside(&Path{Step: Step{Root: true, Name: root}, At: in.at(f.module, p)})
	}
	stores, made := len(in.stores), len(in.made)
	result := in.enter(f, nil, args, nil)
	in.keep(result, map[*MadeObject]bool{})
	for _, s := range in.stores[stores:] {
		s.cut = in.steps > maxSteps
	}
	in.made = in.made[:made+len(slices.DeleteFunc(in.made[made:], func(m Making) bool { return !m.notable() }))]
	if r.Kind == "transition" {
		in.transitions = append(in.transitions, Returned{r, result})
	}
}

// keep notes that what a value leads to is kept.
func (in *interpreter) keep(v Value, seen map[*MadeObject]bool) {
	for _, o := range v.Objects {
		if seen[o] || in.frozen(o) {
			continue
		}
		seen[o] = true
		for _, s := range o.stores {
			s.Kept = true
		}
		in.keep(o.Elements, seen)
		for _, f := range o.Fields {
			in.keep(f, seen)
		}
		for _, p := range o.Parts {
			in.keep(p.Value, seen)
		}
	}
}

// uncalled runs the functions that nothing here calls, but for those that
// nothing can: private ones that their file does not name.
func (p *Program) uncalled(ctx context.Context, files []string, called map[*syntax.DefStmt]bool) error {
	var all []*module
	for _, file := range files {
		if m := p.modules[file]; m != nil && m.own && slices.ContainsFunc(m.defs, func(d *syntax.DefStmt) bool { return !called[d] }) {
			all = append(all, m)
		}
	}
	shards, err := each(ctx, p, parts(all), func(in *interpreter, m *module) {
		var used map[string]bool
		for _, def := range m.defs {
			if called[def] || in.called[def] {
				continue
			}
			if strings.HasPrefix(def.Name.Name, "_") {
				if used == nil {
					used = m.named()
				}
				if !used[def.Name.Name] {
					continue
				}
			}
			in.uncalled(m, def)
		}
	})
	if err != nil {
		return err
	}
	for _, in := range shards {
		p.take(in)
	}
	return nil
}

// named are the names that a file's expressions use.
func (m *module) named() map[string]bool {
	used, defined := map[string]bool{}, map[*syntax.Ident]bool{}
	syntax.Walk(m.file.Tree, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.DefStmt:
			defined[n.Name] = true
		case *syntax.Ident:
			used[n.Name] = used[n.Name] || !defined[n]
		}
		return true
	})
	return used
}

func (in *interpreter) uncalled(m *module, def *syntax.DefStmt) {
	f := &Function{Name: def.Name.Name, At: in.at(m, def.Name), def: def, module: m, outer: m.globals}
	r := &Root{Kind: "function", Name: f.Name, Function: f, At: f.At}
	if len(def.Params) > 0 {
		if name, _, _ := parameter(def.Params[0]); name == "rctx" || strings.HasPrefix(name, "repository_") || name == "repo_ctx" {
			r.Kind = "repository_rule"
		}
	}
	in.root(r)
}

// addRoot notes a function that Bazel will call.
func (in *interpreter) addRoot(kind, name string, v Value, at SourceRange, args map[string]Value) {
	for _, f := range v.Functions {
		if f.def == nil && f.lambda == nil {
			continue
		}
		in.roots = append(in.roots, &Root{Kind: kind, Name: name, Function: f, At: at, Arguments: args})
	}
}
