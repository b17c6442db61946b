// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"encoding/binary"
)

// A reader reads the index cache. After the first thing that does not fit it
// is bad and gives zeros; every count is checked against what is left, so
// that no damage makes it allocate more than a small multiple of the file.
type reader struct {
	data    []byte
	strings []string
	bad     bool
	// exprs is where the expressions of one record are taken from.
	exprs []expr
}

func (r *reader) fail() {
	r.bad = true
	r.data = nil
}

func (r *reader) uint() uint64 {
	if len(r.data) > 0 && r.data[0] < 0x80 {
		v := r.data[0]
		r.data = r.data[1:]
		return uint64(v)
	}
	v, n := binary.Uvarint(r.data)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.data = r.data[n:]
	return v
}

func (r *reader) int() int64 {
	v := r.uint()
	return int64(v>>1) ^ -int64(v&1)
}

func (r *reader) int32() int32 { return int32(r.int()) }

// count is a number of things that take at least each bytes.
func (r *reader) count(each int) int {
	v := r.uint()
	if v > uint64(len(r.data)/each) {
		r.fail()
		return 0
	}
	return int(v)
}

func (r *reader) bytes(n int) []byte {
	if n < 0 || n > len(r.data) {
		r.fail()
		return nil
	}
	out := r.data[:n:n]
	r.data = r.data[n:]
	return out
}

func (r *reader) string() string {
	i := r.uint()
	if i >= uint64(len(r.strings)) {
		r.fail()
		return ""
	}
	return r.strings[i]
}

// stringTable reads all strings as slices of one.
func (r *reader) stringTable() []string {
	lengths := make([]uint32, r.count(1))
	total := uint64(0)
	for i := range lengths {
		n := r.uint()
		if total += n; total > uint64(len(r.data)) {
			r.fail()
			return nil
		}
		lengths[i] = uint32(n)
	}
	all := string(r.bytes(int(total)))
	if r.bad {
		return nil
	}
	out := make([]string, len(lengths))
	for i, n := range lengths {
		out[i], all = all[:n], all[n:]
	}
	return out
}

// word is eight bytes: a shape, which is as random as a number gets.
func (r *reader) word() uint64 {
	b := r.bytes(8)
	if b == nil {
		return 0
	}
	return binary.LittleEndian.Uint64(b)
}

// span reads a place relative to the line that base is on.
func (r *reader) span(base int32) span {
	start := base + r.int32()
	startCol := r.int32()
	lines := r.int32()
	endCol := r.int32()
	return span{start, startCol, start + lines, endCol}
}

// decodeSummary reads one record; nil where it is damaged.
func decodeSummary(record []byte, table []string) *fileSummary {
	r := &reader{data: record, strings: table}
	r.exprs = make([]expr, r.count(1))
	s := &fileSummary{}
	if r.uint() == 1 {
		s.fault = &fault{line: r.int32(), column: r.int32(), message: r.string()}
		for range r.count(2) {
			s.broken = append(s.broken, lineRange{r.int32(), r.int32()})
		}
	}
	s.functions = make([]funcSummary, r.count(16))
	line := int32(0)
	for i := range s.functions {
		r.function(&s.functions[i], int32(i), line)
		line = s.functions[i].span.startLine
	}
	s.loads = make([]load, r.count(6))
	for i := range s.loads {
		l := &s.loads[i]
		l.module, l.span = r.string(), r.span(0)
		l.names = make([]loadName, r.count(2))
		for j := range l.names {
			l.names[j] = loadName{r.string(), r.string()}
		}
	}
	r.items(s)
	if r.bad || len(s.functions) == 0 || !s.consistent() {
		return nil
	}
	return s.seal()
}

func (r *reader) function(f *funcSummary, index, line int32) {
	f.kind = Function
	switch r.uint() {
	case 1:
		f.kind = Lambda
	case 2:
		f.kind = Toplevel
	}
	f.name = r.string()
	f.span = r.span(line)
	f.nameSpan = r.span(f.span.startLine)
	f.parent = index - r.int32()
	f.shape = r.word()
	if n := r.count(3); n > 0 {
		f.params = make([]param, n)
		for i := range f.params {
			f.params[i] = param{name: r.string(), stars: uint8(r.uint())}
			r.expr(&f.params[i].value, 0)
		}
	}
	if n := r.count(16); n > 0 {
		f.bindings = make([]binding, n)
		for i := range f.bindings {
			b := &f.bindings[i]
			b.name, b.span = r.string(), r.span(line)
			b.nameSpan = r.span(b.span.startLine)
			b.shape = r.word()
			r.spot(&b.spot)
			b.adds = r.uint() != 0
			r.expr(&b.value, 0)
		}
	}
	if n := r.count(1); n > 0 {
		f.callees = make([]uint32, n)
		var before uint32
		for i := range f.callees {
			before += uint32(r.uint())
			f.callees[i] = before
		}
	}
	if n := r.count(3); n > 0 {
		f.returns = make([]returned, n)
		for i := range f.returns {
			r.spot(&f.returns[i].spot)
			r.expr(&f.returns[i].value, 0)
		}
	}
	if n := r.count(8); n > 0 {
		f.callSites = make([]callSite, n)
		for i := range f.callSites {
			c := &f.callSites[i]
			c.span = r.span(line)
			c.nameSpan = r.span(c.span.startLine)
			r.spot(&c.spot)
			r.expr(&c.call, 0)
		}
	}
}

func (r *reader) spot(s *spot) {
	s.seq = r.int32()
	n := r.count(3)
	if n == 0 {
		return
	}
	s.around = make([]clause, n)
	for i := range s.around {
		c := &s.around[i]
		c.id = r.int32()
		r.expr(&c.over, 0)
		for range r.count(1) {
			c.vars = append(c.vars, r.string())
		}
	}
}

// list takes n expressions from the record's own.
func (r *reader) list(n, depth int) []expr {
	if n == 0 {
		return nil
	}
	if n > len(r.exprs) || depth > 64 {
		r.fail()
		return nil
	}
	out := r.exprs[:n:n]
	r.exprs = r.exprs[n:]
	for i := range out {
		r.expr(&out[i], depth)
	}
	return out
}

// expr reads an operator and what it has, as encodeExpr wrote it.
func (r *reader) expr(e *expr, depth int) {
	e.op = op(r.uint())
	switch e.op {
	case opNone:
	case opInt, opFunction:
		e.n = r.int32()
	case opName, opString:
		e.text = r.string()
	case opKeyword, opDot, opBinary, opTest:
		e.text = r.string()
		e.args = r.list(r.count(1), depth+1)
	default:
		e.args = r.list(r.count(1), depth+1)
	}
}

func (r *reader) items(s *fileSummary) {
	s.items = make([]item, r.count(6))
	var before item
	for i := range s.items {
		it := &s.items[i]
		it.lines.first = before.lines.last + r.int32()
		it.lines.last = it.lines.first + r.int32()
		it.functions = r.next(before.functions)
		it.bindings = r.next(before.bindings)
		it.callSites = r.next(before.callSites)
		it.load = r.next(before.load)
		before = *it
	}
}

// next is the index range behind another.
func (r *reader) next(before [2]int32) [2]int32 {
	from := before[1] + r.int32()
	return [2]int32{from, from + r.int32()}
}

// consistent reports whether every index of a decoded summary is within its
// table and every expression has the operands that the evaluator takes for
// granted, so that nothing behind the cache has to check.
func (s *fileSummary) consistent() bool {
	for i := range s.functions {
		f := &s.functions[i]
		if i == 0 && f.parent != -1 || i > 0 && (f.parent < 0 || int(f.parent) >= len(s.functions) || int(f.parent) == i) {
			return false
		}
	}
	top := &s.functions[0]
	for _, it := range s.items {
		if !within(it.functions, len(s.functions)) || !within(it.bindings, len(top.bindings)) ||
			!within(it.callSites, len(top.callSites)) || !within(it.load, len(s.loads)) {
			return false
		}
	}
	ok := true
	s.eachExpr(func(e *expr) { ok = ok && e.sound(len(s.functions)) })
	return ok
}

func within(r [2]int32, n int) bool { return 0 <= r[0] && r[0] <= r[1] && int(r[1]) <= n }

// sound reports whether an expression has the operands of its kind.
func (e *expr) sound(functions int) bool {
	switch e.op {
	case opFunction:
		return e.n > 0 && int(e.n) < functions
	case opEntry, opIndex, opBinary:
		return len(e.args) == 2
	case opEither:
		return len(e.args) == 2 || len(e.args) == 3
	case opTest:
		return len(e.args) == 2 || len(e.args) == 1 && e.text == "not"
	case opSlice:
		return len(e.args) == 3
	case opKeyword, opStar, opStarStar, opDot:
		return len(e.args) == 1
	case opCall, opEach, opLoop:
		return len(e.args) >= 1
	}
	return e.op <= opBulky
}

// eachExpr calls visit for every expression of a summary.
func (s *fileSummary) eachExpr(visit func(*expr)) {
	var walk func(e *expr)
	walk = func(e *expr) {
		visit(e)
		for i := range e.args {
			walk(&e.args[i])
		}
	}
	around := func(s *spot) {
		for i := range s.around {
			walk(&s.around[i].over)
		}
	}
	for i := range s.functions {
		f := &s.functions[i]
		for j := range f.params {
			walk(&f.params[j].value)
		}
		for j := range f.bindings {
			around(&f.bindings[j].spot)
			walk(&f.bindings[j].value)
		}
		for j := range f.returns {
			around(&f.returns[j].spot)
			walk(&f.returns[j].value)
		}
		for j := range f.callSites {
			around(&f.callSites[j].spot)
			walk(&f.callSites[j].call)
		}
	}
}
