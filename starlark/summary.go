// SPDX-License-Identifier: Apache-2.0

package starlark

// What one file says by itself.
//
// A summary is all that is kept of a file: no text, no syntax tree. It holds
// the functions with their places, and of the code only as much as linking
// needs to find out, across files, what a rule's implementation is and which
// targets a macro makes: assignments, returned values and calls, reduced to
// the small expression language of expr. It knows nothing of other files, so
// it stays valid as long as the file's bytes do; snapshots share it and the
// index cache stores it.

// A span is a Range as it is stored.
type span struct {
	startLine, startCol, endLine, endCol int32
}

func (s span) asRange() Range {
	return Range{
		Start: Position{Line: int(s.startLine), Column: int(s.startCol)},
		End:   Position{Line: int(s.endLine), Column: int(s.endCol)},
	}
}

// shift moves the span down by whole lines.
func (s span) shift(lines int32) span {
	s.startLine += lines
	s.endLine += lines
	return s
}

// A fileSummary is immutable once extraction hands it on.
type fileSummary struct {
	// functions[0] is the file's own code; the others follow in the order of
	// their first token, so that a parent stands before its children.
	functions []funcSummary
	loads     []load
	// items are the statements of the file, by line.
	items []item
	// fault is the first thing that did not parse, nil in a sound file.
	fault *fault
	// broken are the line ranges that did not parse.
	broken []lineRange
	// index finds module-level names in big files; nil in small ones.
	index map[string][]symbol
}

// A lineRange is a run of whole lines, both ends included.
type lineRange struct{ first, last int32 }

// A fault is a syntax error that the tolerant layer could not repair.
type fault struct {
	line, column int32
	message      string
}

// An item is one statement of the file with everything extracted from it:
// half-open index ranges into the summary's tables.
type item struct {
	lines                                lineRange
	functions, bindings, callSites, load [2]int32
}

// A funcSummary is a def, a lambda, or (at index 0) the file's own code.
type funcSummary struct {
	name           string
	kind           Kind
	span, nameSpan span
	parent         int32 // index of the enclosing function, -1 for the file
	shape          uint64
	params         []param
	bindings       []binding
	returns        []returned
	callSites      []callSite
	callees        []uint32 // hashes of what the body calls, ordered
}

// A param is a parameter of a function; stars is 0, 1 for *args, 2 for **kwargs.
type param struct {
	name  string
	stars uint8
	value expr // the default, or nothing
}

// A spot is where in its function a statement stands.
type spot struct {
	// seq orders the statements and clauses of one function.
	seq int32
	// around are the clauses that the statement is in, the outermost first.
	around []clause
}

// A returned is the result of a return statement.
type returned struct {
	spot
	value expr
}

// A binding is an assignment to one name.
type binding struct {
	spot
	name string
	// adds: the value is joined to what the name holds, as by "xs += value",
	// xs.append and d[key] = value.
	adds           bool
	value          expr
	span, nameSpan span
	shape          uint64
}

// A callSite is a call made for its effect: in a BUILD file or a macro, what
// makes a target.
type callSite struct {
	spot
	call     expr
	span     span
	nameSpan span
}

// A clause is a "for" that binds names to each element of a sequence, or an
// "if", which binds none and is passed where the condition holds; both as
// statements and in comprehensions.
type clause struct {
	// id is the clause's seq in its function, negative for the branch that is
	// taken where the condition of that clause does not hold; 0 in a
	// comprehension.
	id   int32
	vars []string
	over expr // the sequence or the condition
}

// A load is one load statement, or one include() in a MODULE.bazel.
type load struct {
	module string
	span   span
	names  []loadName
}

// A loadName is load(…, local = "remote").
type loadName struct{ local, remote string }

// An op is the kind of an expr.
type op uint8

const (
	opNone     op = iota // nothing, or what linking has no use for
	opName               // text
	opString             // text
	opInt                // n
	opFunction           // n: index of a lambda or def in functions
	opList               // args; also tuples
	opDict               // args: opEntry
	opEntry              // args: key, value
	opCall               // args[0] is the callee, the others arguments
	opKeyword            // text = args[0], in a call
	opStar               // *args[0], in a call
	opStarStar           // **args[0], in a call
	opDot                // args[0].text
	opIndex              // args[0][args[1]]
	opBinary             // args[0] text args[1]
	opEither             // args[0] or args[1], whichever args[2], a condition, picks
	opEach               // [args[0] for …]; args[1:] are opLoop
	opLoop               // args[0] is the sequence, the others opName; none for an "if"
	opTest               // args[0] text args[1]; "not" has one
	opSlice              // args[0][args[1]:args[2]]
	opBulky              // in a call: there are keywords that are not kept
)

// An expr is as much of an expression as linking can use.
type expr struct {
	op   op
	n    int32
	text string
	args []expr
}

// A symbol is a module-level name: a function or a binding.
type symbol struct {
	function bool
	at       int32
}

// bigFile is the number of module-level names from which on a summary has an
// index; below, a scan of the tables is as fast.
const bigFile = 48

// seal builds what is derived from the tables.
func (s *fileSummary) seal() *fileSummary {
	top := &s.functions[0]
	if len(top.bindings)+len(s.functions) < bigFile {
		return s
	}
	s.index = make(map[string][]symbol, len(top.bindings)+len(s.functions))
	for i := range top.bindings {
		name := top.bindings[i].name
		s.index[name] = append(s.index[name], symbol{at: int32(i)})
	}
	for i := 1; i < len(s.functions); i++ {
		if f := &s.functions[i]; f.parent == 0 && f.kind == Function {
			s.index[f.name] = append(s.index[f.name], symbol{function: true, at: int32(i)})
		}
	}
	return s
}

// lookup calls yield for each module-level function or binding of that name.
func (s *fileSummary) lookup(name string, yield func(symbol)) {
	if s.index != nil {
		for _, found := range s.index[name] {
			yield(found)
		}
		return
	}
	for i := 1; i < len(s.functions); i++ {
		if f := &s.functions[i]; f.parent == 0 && f.kind == Function && f.name == name {
			yield(symbol{function: true, at: int32(i)})
		}
	}
	for i := range s.functions[0].bindings {
		if s.functions[0].bindings[i].name == name {
			yield(symbol{at: int32(i)})
		}
	}
}
