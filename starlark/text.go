// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"slices"
	"strconv"
	"strings"
)

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

// asText is a string or number as text.
func (v exprValue) asText() (string, bool) {
	switch v.kind {
	case aString:
		return v.text, true
	case anInt:
		return decimal(v.n), true
	}
	return "", false
}

// binary evaluates what builds names and joins lists and dicts.
func (ev *evaluator) binary(e *expr, s *scope) []exprValue {
	x, okX := ev.one(thunk{expr: &e.args[0], scope: s})
	if !okX {
		return nil
	}
	if e.text == "%" && x.kind == aString {
		return ev.percent(x.text, thunk{expr: &e.args[1], scope: s})
	}
	y, okY := ev.one(thunk{expr: &e.args[1], scope: s})
	if !okY {
		return nil
	}
	switch {
	case e.text == "+" || e.text == "|" && x.kind == aDict:
		return plus(x, y)
	case x.kind == anInt && y.kind == anInt:
		return arithmetic(e.text, x.n, y.n)
	}
	return nil
}

// plus is x + y, or x | y of dicts.
func plus(x, y exprValue) []exprValue {
	switch {
	case x.kind == aDict && y.kind == aDict:
		return []exprValue{{kind: aDict, entries: slices.Concat(y.entries, x.entries), open: max(x.open, y.open)}}
	case x.kind == aList && y.kind == aList:
		if len(x.items)+len(y.items) > maxElements {
			return nil
		}
		return []exprValue{{kind: aList, items: slices.Concat(x.items, y.items)}}
	case x.kind == aString && y.kind == aString:
		return textValue(x.text + y.text)
	case x.kind == anInt && y.kind == anInt:
		return arithmetic("+", x.n, y.n)
	}
	return nil
}

// slice is x[lo:hi] of a string or list.
func (ev *evaluator) slice(e *expr, s *scope) []exprValue {
	x, ok := ev.one(thunk{expr: &e.args[0], scope: s})
	if !ok || x.kind != aString && x.kind != aList {
		return nil
	}
	size := len(x.text) + len(x.items)
	bounds := [2]int{0, size}
	for i := range bounds {
		bound := &e.args[1+i]
		if bound.op == opNone {
			continue
		}
		v, ok := ev.one(thunk{expr: bound, scope: s})
		if !ok || v.kind != anInt {
			return nil
		}
		n := v.n
		if n < 0 {
			n += int64(size)
		}
		bounds[i] = int(min(max(n, 0), int64(size)))
	}
	lo, hi := bounds[0], max(bounds[0], bounds[1])
	if x.kind == aString {
		return textValue(x.text[lo:hi])
	}
	return []exprValue{{kind: aList, items: x.items[lo:hi]}}
}

func arithmetic(op string, x, y int64) []exprValue {
	switch op {
	case "+":
		return []exprValue{{kind: anInt, n: x + y}}
	case "-":
		return []exprValue{{kind: anInt, n: x - y}}
	case "*":
		return []exprValue{{kind: anInt, n: x * y}}
	case "%":
		if y > 0 && x >= 0 {
			return []exprValue{{kind: anInt, n: x % y}}
		}
	}
	return nil
}

// textValue is a string, unless it is too long to be a name.
func textValue(text string) []exprValue {
	if len(text) > 4*maxText {
		return nil
	}
	return []exprValue{{kind: aString, text: text}}
}

// percent is format % argument.
func (ev *evaluator) percent(format string, argument thunk) []exprValue {
	v, ok := ev.one(argument)
	if !ok {
		return nil
	}
	args := []thunk{known(v)}
	if v.kind == aList {
		args = v.items
	}
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		i++
		switch format[i] {
		case '%':
			b.WriteByte('%')
		case 's', 'd', 'i', 'r':
			if len(args) == 0 {
				return nil
			}
			text, ok := ev.text(args[0])
			if !ok {
				return nil
			}
			args = args[1:]
			b.WriteString(text)
		default:
			return nil
		}
	}
	return textValue(b.String())
}

func (ev *evaluator) text(t thunk) (string, bool) {
	v, ok := ev.one(t)
	if !ok {
		return "", false
	}
	return v.asText()
}

// method is a call of a string's or dict's method. It reports false where the
// receiver is neither.
func (ev *evaluator) method(callee *expr, args []expr, s *scope) ([]exprValue, bool) {
	receiver, ok := ev.one(thunk{expr: &callee.args[0], scope: s})
	if !ok {
		return nil, false
	}
	switch receiver.kind {
	case aString:
		return ev.stringMethod(receiver.text, callee.text, args, s), true
	case aDict:
		return ev.dictMethod(receiver, callee.text, args, s)
	}
	return nil, false
}

func (ev *evaluator) dictMethod(d exprValue, name string, args []expr, s *scope) ([]exprValue, bool) {
	list := exprValue{kind: aList}
	switch name {
	case "get", "pop", "setdefault":
		if len(args) == 0 {
			return nil, false
		}
		return ev.get(d, args, s), true
	case "keys":
		for _, en := range d.entries {
			list.items = append(list.items, known(exprValue{kind: aString, text: en.key}))
		}
	case "values":
		for _, en := range d.entries {
			list.items = append(list.items, en.value)
		}
	case "items":
		for _, en := range d.entries {
			pair := exprValue{kind: aList, items: []thunk{known(exprValue{kind: aString, text: en.key}), en.value}}
			list.items = append(list.items, known(pair))
		}
	default:
		return nil, false // a struct's field
	}
	return []exprValue{list}, true
}

// get is d.get(key, default).
func (ev *evaluator) get(d exprValue, args []expr, s *scope) []exprValue {
	key, known := ev.key(&args[0], s)
	var out []exprValue
	for _, en := range d.entries {
		if known && en.key == key {
			return ev.force(en.value)
		}
		if !known {
			out = append(out, ev.force(en.value)...)
		}
	}
	if len(args) > 1 {
		out = append(out, ev.eval(&args[1], s)...)
	} else if known {
		out = append(out, exprValue{kind: aBuiltin, text: "None"})
	}
	if d.open == open || d.open == bulky && bulkyArguments[key] {
		out = append(out, exprValue{kind: anUnknown}) // or what else the dict holds
	}
	return bounded(out)
}

func (ev *evaluator) stringMethod(text, name string, args []expr, s *scope) []exprValue {
	if name == "format" {
		return ev.format(text, args, s)
	}
	if name == "join" && len(args) == 1 {
		return ev.join(text, thunk{expr: &args[0], scope: s})
	}
	var words []string
	for i := range args {
		word, ok := ev.key(&args[i], s)
		if !ok {
			return nil
		}
		words = append(words, word)
	}
	switch {
	case name == "startswith" && len(words) == 1:
		return truthOf(strings.HasPrefix(text, words[0])).value()
	case name == "endswith" && len(words) == 1:
		return truthOf(strings.HasSuffix(text, words[0])).value()
	case name == "lower" && len(words) == 0:
		return textValue(strings.ToLower(text))
	case name == "upper" && len(words) == 0:
		return textValue(strings.ToUpper(text))
	case name == "strip" && len(words) == 0:
		return textValue(strings.TrimSpace(text))
	case name == "replace" && len(words) == 2:
		if len(text)*(1+len(words[1])) > 1<<16 {
			return nil
		}
		return textValue(strings.ReplaceAll(text, words[0], words[1]))
	case name == "removesuffix" && len(words) == 1:
		return textValue(strings.TrimSuffix(text, words[0]))
	case name == "removeprefix" && len(words) == 1:
		return textValue(strings.TrimPrefix(text, words[0]))
	case name == "rstrip" && len(words) == 1:
		return textValue(strings.TrimRight(text, words[0]))
	case name == "lstrip" && len(words) == 1:
		return textValue(strings.TrimLeft(text, words[0]))
	case name == "split" && len(words) == 1 && words[0] != "":
		list := exprValue{kind: aList}
		for _, part := range strings.Split(text, words[0]) {
			list.items = append(list.items, known(exprValue{kind: aString, text: part}))
		}
		return []exprValue{list}
	}
	return nil
}

func (ev *evaluator) join(sep string, list thunk) []exprValue {
	items, ok := ev.elements(list)
	if !ok {
		return nil
	}
	parts := make([]string, 0, len(items))
	for _, it := range items {
		part, ok := ev.text(it)
		if !ok {
			return nil
		}
		parts = append(parts, part)
	}
	return textValue(strings.Join(parts, sep))
}

// format is "…{}…{0}…{name}…".format(…).
func (ev *evaluator) format(format string, args []expr, s *scope) []exprValue {
	fields := map[string]thunk{}
	n := 0
	for i := range args {
		if args[i].op == opKeyword {
			fields[args[i].text] = thunk{expr: &args[i].args[0], scope: s}
		} else {
			fields[strconv.Itoa(n)] = thunk{expr: &args[i], scope: s}
			n++
		}
	}
	var b strings.Builder
	auto := 0
	for i := 0; i < len(format); i++ {
		switch c := format[i]; {
		case (c == '{' || c == '}') && i+1 < len(format) && format[i+1] == c:
			b.WriteByte(c)
			i++
		case c == '{':
			end := strings.IndexByte(format[i:], '}')
			if end < 0 {
				return nil
			}
			name := format[i+1 : i+end]
			if name == "" {
				name = strconv.Itoa(auto)
				auto++
			}
			text, ok := ev.text(fields[name])
			if !ok {
				return nil
			}
			b.WriteString(text)
			i += end
		default:
			b.WriteByte(c)
		}
	}
	return textValue(b.String())
}

// numbers is range(…).
func (ev *evaluator) numbers(args []expr, s *scope) []exprValue {
	bounds := make([]int64, 0, 3)
	for i := range args {
		v, ok := ev.one(thunk{expr: &args[i], scope: s})
		if !ok || v.kind != anInt {
			return nil
		}
		bounds = append(bounds, v.n)
	}
	from, to, step := int64(0), int64(0), int64(1)
	switch len(bounds) {
	case 1:
		to = bounds[0]
	case 2:
		from, to = bounds[0], bounds[1]
	case 3:
		from, to, step = bounds[0], bounds[1], bounds[2]
	}
	if step == 0 {
		return nil
	}
	list := exprValue{kind: aList}
	for i := from; (step > 0 && i < to || step < 0 && i > to) && len(list.items) < maxElements; i += step {
		list.items = append(list.items, known(exprValue{kind: anInt, n: i}))
	}
	return []exprValue{list}
}

func (ev *evaluator) enumerate(args []expr, s *scope) []exprValue {
	if len(args) == 0 {
		return nil
	}
	items, ok := ev.elements(thunk{expr: &args[0], scope: s})
	if !ok {
		return nil
	}
	list := exprValue{kind: aList}
	for i, it := range items {
		pair := exprValue{kind: aList, items: []thunk{known(exprValue{kind: anInt, n: int64(i)}), it}}
		list.items = append(list.items, known(pair))
	}
	return []exprValue{list}
}

func (ev *evaluator) zip(args []expr, s *scope) []exprValue {
	columns := make([][]thunk, len(args))
	rows := maxElements
	for i := range args {
		items, ok := ev.elements(thunk{expr: &args[i], scope: s})
		if !ok {
			return nil
		}
		columns[i] = items
		rows = min(rows, len(items))
	}
	list := exprValue{kind: aList}
	for r := range rows {
		row := exprValue{kind: aList}
		for _, c := range columns {
			row.items = append(row.items, c[r])
		}
		list.items = append(list.items, known(row))
	}
	return []exprValue{list}
}
