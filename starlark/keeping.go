// SPDX-License-Identifier: Apache-2.0

package starlark

import "go.starlark.net/syntax"

// What a function lets live. Data that Starlark makes outlives the function
// only where the function returns it, hands it to Bazel (an action, an
// attribute of a target, a file) or puts it into something that is not its
// own. What is made in a call and let go of may hold the last bytes of a heap,
// and not the heap.
//
// The body is read for which calls' results flow there: through variables and
// whatever is added to them, through calls that are given them, in any order of
// statements and on every branch. That errs towards "kept".

// A Keeping is what a function keeps of what it makes. The zero value is of a
// function whose source tells nothing.
type Keeping struct {
	known bool
	idle  bool
	kept  map[string]bool
}

// uncalled stands among the names for what a function makes without a call.
const uncalled = ""

// Keeps reports whether what calls of the name give may outlive the function. It
// is true where the source tells nothing.
func (k *Keeping) Keeps(callee string) bool { return !k.known || k.kept[callee] }

// LetsGo reports whether nothing can outlive the function of what these calls in
// it gave, or where none of them gives data, of anything that it makes.
func (k *Keeping) LetsGo(callees []string) bool {
	gave := false
	for _, callee := range callees {
		if k.Keeps(callee) && !scalar[callee] {
			return false
		}
		gave = gave || !scalar[callee]
	}
	return k.known && (gave || len(k.kept) == 0)
}

// Idle reports whether the function's code has no loop, call or operator, so that
// no call of it takes long.
func (k *Keeping) Idle() bool { return k.idle }

// Keeping reads what a function keeps from its source.
func (w *Workspace) Keeping(d *Definition) *Keeping {
	id := w.fileAt(d.File)
	if id < 0 || d.Kind != Function {
		return &Keeping{}
	}
	text := clean(w.source(id).text())
	if nestingFault(text) != nil {
		return &Keeping{}
	}
	file, err := options.Parse("", text, 0)
	if repaired, changed := repairDialect(text); err != nil && changed {
		file, err = options.Parse("", repaired, 0)
	}
	if err != nil {
		return &Keeping{}
	}
	k := keeper{flows: map[string]names{}, own: map[string]bool{}, renamed: map[string]string{}, out: names{}}
	var def *syntax.DefStmt
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.DefStmt:
			if n.Name.Name == d.Name && int(n.Name.NamePos.Line) == d.NameRange.Start.Line {
				def = n
			}
		case *syntax.LoadStmt:
			for i := range n.From {
				k.renamed[n.To[i].Name] = n.From[i].Name
			}
		}
		return def == nil
	})
	if def == nil {
		return &Keeping{}
	}
	k.body(def)
	return &Keeping{known: true, idle: isIdle(def), kept: k.out}
}

func isIdle(def *syntax.DefStmt) bool {
	idle := true
	for _, s := range def.Body {
		syntax.Walk(s, func(n syntax.Node) bool {
			switch n.(type) {
			case *syntax.CallExpr, *syntax.Comprehension, *syntax.ForStmt, *syntax.WhileStmt, *syntax.BinaryExpr, *syntax.DefStmt:
				idle = false
			}
			return idle
		})
	}
	return idle
}

// names are those of calls, and uncalled.
type names map[string]bool

func (n names) add(o names) (grown bool) {
	for name := range o {
		grown = grown || !n[name]
		n[name] = true
	}
	return grown
}

// A keeper follows what calls give through a body.
type keeper struct {
	flows   map[string]names // by variable
	own     map[string]bool  // variables that are assigned here
	renamed map[string]string
	out     names
	grown   bool
}

// maxRounds bounds how often a body is gone through: once for each variable in
// the longest way of a value, in the worst order.
const maxRounds = 16

func (k *keeper) body(def *syntax.DefStmt) {
	syntax.Walk(def, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.AssignStmt:
			k.assigns(n.LHS)
		case *syntax.ForStmt:
			k.assigns(n.Vars)
		case *syntax.ForClause:
			k.assigns(n.Vars)
		}
		return true
	})
	for range maxRounds {
		k.grown = false
		k.statements(def.Body)
		if !k.grown {
			return
		}
	}
}

// assigns notes the variables that a target binds.
func (k *keeper) assigns(target syntax.Expr) {
	switch t := target.(type) {
	case *syntax.Ident:
		k.own[t.Name] = true
	case *syntax.ParenExpr:
		k.assigns(t.X)
	case *syntax.TupleExpr:
		for _, e := range t.List {
			k.assigns(e)
		}
	case *syntax.ListExpr:
		for _, e := range t.List {
			k.assigns(e)
		}
	}
}

func (k *keeper) statements(list []syntax.Stmt) {
	for _, s := range list {
		switch s := s.(type) {
		case *syntax.AssignStmt:
			value := k.value(s.RHS)
			if s.Op != syntax.EQ {
				value.add(names{uncalled: true})
			}
			k.put(s.LHS, value)
		case *syntax.ForStmt:
			k.put(s.Vars, k.value(s.X))
			k.statements(s.Body)
		case *syntax.WhileStmt:
			k.value(s.Cond)
			k.statements(s.Body)
		case *syntax.IfStmt:
			k.value(s.Cond)
			k.statements(s.True)
			k.statements(s.False)
		case *syntax.ReturnStmt:
			if s.Result != nil {
				k.keep(k.value(s.Result))
			}
		case *syntax.ExprStmt:
			k.statementCall(s.X)
		case *syntax.DefStmt: // what it captures is taken as kept where it returns
			k.statements(s.Body)
		}
	}
}

// statementCall is a call whose result nobody takes: what it is given is kept
// by a rule, a macro or an action, unless it is a method of a variable.
func (k *keeper) statementCall(x syntax.Expr) {
	value := k.value(x)
	call, ok := x.(*syntax.CallExpr)
	if !ok {
		return
	}
	if f, plain := call.Fn.(*syntax.Ident); plain && !scalar[f.Name] {
		delete(value, f.Name)
		k.keep(value)
	}
}

func (k *keeper) keep(value names) { k.grown = k.out.add(value) || k.grown }

// put lets a value flow into what a target names.
func (k *keeper) put(target syntax.Expr, value names) {
	switch t := target.(type) {
	case *syntax.Ident:
		k.flow(t.Name, value)
	case *syntax.ParenExpr:
		k.put(t.X, value)
	case *syntax.TupleExpr:
		for _, e := range t.List {
			k.put(e, value)
		}
	case *syntax.ListExpr:
		for _, e := range t.List {
			k.put(e, value)
		}
	case *syntax.IndexExpr, *syntax.DotExpr:
		k.flowInto(baseOf(target), value)
	}
}

func (k *keeper) flow(variable string, value names) {
	if k.flows[variable] == nil {
		k.flows[variable] = names{}
	}
	k.grown = k.flows[variable].add(value) || k.grown
}

// flowInto lets a value flow into what a name holds: a variable of the
// function's own, or something that was there before it and stays.
func (k *keeper) flowInto(name string, value names) {
	if k.own[name] {
		k.flow(name, value)
		return
	}
	k.keep(value)
}

// scalar are builtins of whose result nothing of the argument is left.
var scalar = map[string]bool{
	"len": true, "type": true, "hash": true, "int": true, "float": true, "bool": true, "any": true, "all": true,
	"print": true, "fail": true, "hasattr": true, "range": true, "isinstance": true,
}

// value is what may be in an expression's value; calls in it take their
// arguments along.
func (k *keeper) value(x syntax.Expr) names {
	found := names{}
	switch x := x.(type) {
	case *syntax.Ident:
		found.add(k.flows[x.Name])
	case *syntax.ParenExpr:
		return k.value(x.X)
	case *syntax.UnaryExpr:
		if x.X != nil && x.Op != syntax.NOT {
			return k.value(x.X)
		}
	case *syntax.BinaryExpr:
		left, right := k.value(x.X), k.value(x.Y)
		switch x.Op {
		case syntax.EQL, syntax.NEQ, syntax.LT, syntax.GT, syntax.LE, syntax.GE, syntax.IN, syntax.NOT_IN:
		case syntax.EQ: // key = value of a call
			return right
		case syntax.AND, syntax.OR:
			found.add(left)
			found.add(right)
		default:
			found.add(left)
			found.add(right)
			found[uncalled] = true
		}
	case *syntax.CondExpr:
		k.value(x.Cond)
		found.add(k.value(x.True))
		found.add(k.value(x.False))
	case *syntax.IndexExpr:
		k.value(x.Y)
		return k.value(x.X)
	case *syntax.SliceExpr:
		return k.value(x.X)
	case *syntax.DotExpr:
		return k.value(x.X)
	case *syntax.ListExpr:
		found = k.values(x.List)
	case *syntax.TupleExpr:
		found = k.values(x.List)
	case *syntax.DictExpr:
		found = k.values(x.List)
	case *syntax.DictEntry:
		found.add(k.value(x.Key))
		found.add(k.value(x.Value))
	case *syntax.LambdaExpr:
		return k.value(x.Body)
	case *syntax.Comprehension:
		for range 2 { // a clause may use what the next one binds
			for _, c := range x.Clauses {
				if c, ok := c.(*syntax.ForClause); ok {
					k.put(c.Vars, k.value(c.X))
				}
			}
		}
		found.add(k.value(x.Body))
		found[uncalled] = true
	case *syntax.CallExpr:
		return k.call(x)
	}
	return found
}

func (k *keeper) values(list []syntax.Expr) names {
	found := names{}
	for _, e := range list {
		found.add(k.value(e))
	}
	return found
}

func (k *keeper) call(x *syntax.CallExpr) names {
	given := k.values(x.Args)
	name := lastName(x.Fn)
	if scalar[name] && baseOf(x.Fn) == name {
		return names{}
	}
	result := names{name: true}
	if remote := k.renamed[name]; remote != "" {
		result[remote] = true
	}
	if dot, method := x.Fn.(*syntax.DotExpr); method {
		receiver := baseOf(dot)
		given.add(names{name: true})
		switch {
		case k.own[receiver]:
			k.flow(receiver, given)
		case receiver != "" && !k.module(receiver): // of Bazel, or of somebody's list
			k.keep(given)
		}
		result.add(k.value(dot.X))
	} else {
		k.handedOver(x.Args, names{name: true})
	}
	result.add(given)
	return result
}

// module reports whether a name is that of a module of functions: what these
// are given is in what they return.
func (k *keeper) module(name string) bool {
	return name == "json" || name == "proto" || k.renamed[name] != ""
}

// handedOver: what a function is given it may add to.
func (k *keeper) handedOver(args []syntax.Expr, value names) {
	for _, arg := range args {
		if b, ok := arg.(*syntax.BinaryExpr); ok && b.Op == syntax.EQ {
			arg = b.Y
		}
		if id, ok := arg.(*syntax.Ident); ok && k.own[id.Name] {
			k.flow(id.Name, value)
		}
	}
}

// baseOf is the name that an expression of dots, indices and calls begins with,
// "" where it begins with none.
func baseOf(x syntax.Expr) string {
	for {
		switch e := x.(type) {
		case *syntax.Ident:
			return e.Name
		case *syntax.DotExpr:
			x = e.X
		case *syntax.IndexExpr:
			x = e.X
		case *syntax.SliceExpr:
			x = e.X
		case *syntax.CallExpr:
			x = e.Fn
		case *syntax.ParenExpr:
			x = e.X
		default:
			return ""
		}
	}
}
