// SPDX-License-Identifier: Apache-2.0

package flow

import (
	"slices"
	"strings"
)

// root runs a function as Bazel does.
func (in *interpreter) root(r *Root) {
	in.current, in.loops, in.chain, in.steps, in.again = r, nil, nil, 0, false
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
	stores := len(in.program.Stores)
	result := in.enter(f, nil, args, nil)
	kept := map[*Object]bool{}
	reach(result, kept)
	for _, s := range in.program.Stores[stores:] {
		s.Kept = kept[s.instance]
		s.cut = in.steps > maxSteps
	}
	if r.Kind == "transition" {
		in.program.transitions = append(in.program.transitions, Result{r, result})
	}
}

// reach notes the objects that a value leads to.
func reach(v Value, seen map[*Object]bool) {
	for _, o := range v.Objects {
		if seen[o] {
			continue
		}
		seen[o] = true
		reach(o.Elements, seen)
		for _, f := range o.Fields {
			reach(f, seen)
		}
		for _, p := range o.Parts {
			reach(p.Value, seen)
		}
	}
}

// uncalled runs the functions that nothing here calls.
func (in *interpreter) uncalled() {
	var files []string
	for file, m := range in.program.modules {
		if m != nil && m.own {
			files = append(files, file)
		}
	}
	slices.Sort(files)
	for _, file := range files {
		m := in.program.modules[file]
		for _, def := range m.defs {
			if in.called[def] {
				continue
			}
			f := &Function{Name: def.Name.Name, At: in.at(m, def.Name), def: def, module: m, outer: m.globals}
			r := &Root{Kind: "function", Name: f.Name, Function: f, At: f.At}
			if len(def.Params) > 0 {
				if name, _, _ := parameter(def.Params[0]); name == "rctx" || strings.HasPrefix(name, "repository_") || name == "repo_ctx" {
					r.Kind = "repository_rule"
				}
			}
			in.program.Roots = append(in.program.Roots, r)
			in.root(r)
		}
	}
}

// addRoot notes a function that Bazel will call.
func (in *interpreter) addRoot(kind, name string, v Value, at Place, args map[string]Value) {
	for _, f := range v.Functions {
		if f.def == nil && f.lambda == nil {
			continue
		}
		id := rootID{kind, name, f.At}
		if in.roots[id] {
			continue
		}
		in.roots[id] = true
		in.program.Roots = append(in.program.Roots, &Root{Kind: kind, Name: name, Function: f, At: at, Arguments: args})
	}
}
