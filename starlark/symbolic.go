// SPDX-License-Identifier: Apache-2.0

package starlark

import "slices"

// symbolic expands the body of a symbolic macro, which is called with the name
// and the attributes. It reports false where the body is not here.
func (x *expander) symbolic(c *construction, call *expr, s *scope, depth int) bool {
	followed := false
	for _, fn := range x.ev.force(c.implementation) {
		if fn.kind != aFunction {
			continue
		}
		followed = true
		named, besides := x.ev.keywords(call.args[1:], s)
		for _, attr := range x.ev.attributes(c.attrs) {
			if !slices.ContainsFunc(named, func(en keyValue) bool { return en.key == attr.key }) {
				named = append(named, attr)
			}
		}
		f := &x.ev.summary(fn.ref.file).functions[fn.ref.function]
		inner := &scope{file: fn.ref.file, function: fn.ref.function, outer: fn.closure}
		inner.vars = x.ev.parameters(f, inner, nil, named, besides)
		x.body(inner, depth)
	}
	return followed
}

// attributes are the defaults of a symbolic macro's attributes.
func (ev *evaluator) attributes(attrs thunk) []keyValue {
	if attrs.expr == nil {
		return nil
	}
	declared, _ := ev.entries(attrs.expr, attrs.scope)
	var out []keyValue
	for _, attr := range declared {
		e := attr.value.expr
		if e == nil || e.op != opCall {
			continue
		}
		value := keywordThunk(e.args[1:], "default", attr.value.scope)
		if value.expr == nil {
			value = known(emptyAttribute(e.args[0].text)...)
		}
		out = append(out, keyValue{attr.key, value})
	}
	return out
}

// emptyAttribute is what an attribute of a type holds that nobody sets.
func emptyAttribute(kind string) []exprValue {
	switch kind {
	case "string":
		return []exprValue{{kind: aString}}
	case "int":
		return []exprValue{{kind: anInt}}
	case "bool":
		return no.value()
	case "label", "output":
		return []exprValue{{kind: aBuiltin, text: "None"}}
	case "string_list", "int_list", "label_list", "output_list":
		return []exprValue{{kind: aList}}
	}
	return nil
}
