// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"fmt"
	"strconv"
	"strings"

	"example.invalid/starlark-memls/internal/hprof"
)

// Previews are short and bounded whatever the value is: so many characters of
// a string, so many elements, so many levels. They may hold secrets.
const (
	previewRunes    = 60
	previewElements = 4
	previewDepth    = 2
	previewBytes    = 240
)

// preview writes a value as Starlark's repr() would, cut.
func (r *reader) preview(o hprof.Object) string {
	s := r.repr(o, previewDepth)
	if len(s) > previewBytes {
		s = strings.ToValidUTF8(s[:previewBytes], "") + "…"
	}
	return s
}

func (r *reader) repr(o hprof.Object, depth int) string {
	o = r.uncell(o)
	if o.IsZero() {
		return "unassigned"
	}
	switch r.kindOf(o.Class()) {
	case kindNone:
		return "None"
	case kindBool:
		if v, _ := o.Int("value"); v != 0 {
			return "True"
		}
		return "False"
	case kindInt:
		return intText(o)
	case kindFloat:
		for _, f := range [...]string{"value", "v"} {
			if v, ok := o.Float(f); ok {
				return strconv.FormatFloat(v, 'g', -1, 64)
			}
		}
	case kindString:
		s, _ := o.Text(previewRunes)
		q := strconv.Quote(s)
		if o.StringLen() > previewRunes {
			q += "…"
		}
		return q
	case kindList:
		return r.sequence(o, "[", "]", depth)
	case kindTuple:
		return r.sequence(o, "(", ")", depth)
	case kindDict:
		return r.dict(o, depth)
	case kindSet:
		return r.set(o, depth)
	case kindDepset:
		if set, ok := o.Ref("set"); ok {
			return r.depset(set)
		}
		return "depset"
	case kindNestedSet:
		return r.depset(o)
	case kindStruct:
		return r.structText(o, depth)
	case kindContext:
		return "ctx of " + r.contextLabel(o)
	case kindFile:
		return "<File " + fileText(o) + ">"
	case kindLabel:
		return `Label("` + labelText(o) + `")`
	case kindTarget:
		return "<target " + firstLabel(o, "label") + ">"
	case kindFunction:
		f := r.function(o)
		return "<function " + f.Name + " from " + f.Place.String() + ">"
	case kindBuiltin:
		return "<built-in function " + r.function(o).Name + ">"
	}
	return "<" + r.typeOf(o) + ">"
}

func intText(o hprof.Object) string {
	for _, f := range [...]string{"v", "value"} {
		if v, ok := o.Int(f); ok {
			return strconv.FormatInt(v, 10)
		}
	}
	return "<a big int>"
}

func (r *reader) sequence(o hprof.Object, open, close string, depth int) string {
	n, ok := lengthOf(o)
	if !ok {
		return open + close
	}
	if depth == 0 && n > 0 {
		return fmt.Sprintf("%s…%d items%s", open, n, close)
	}
	var b strings.Builder
	b.WriteString(open)
	i := 0
	for e := range elements(r.d, o, previewElements) {
		if i++; i > 1 {
			b.WriteString(", ")
		}
		b.WriteString(r.repr(e, depth-1))
	}
	if n > i {
		fmt.Fprintf(&b, ", …%d more", n-i)
	}
	if open == "(" && n == 1 {
		b.WriteString(",")
	}
	b.WriteString(close)
	return b.String()
}

func (r *reader) dict(o hprof.Object, depth int) string {
	n, _ := r.mapLen(o)
	if depth == 0 && n > 0 {
		return fmt.Sprintf("{…%d entries}", n)
	}
	var b strings.Builder
	b.WriteString("{")
	i := int64(0)
	for k, v := range entries(r.d, r.mapOf(o), previewElements) {
		if i++; i > 1 {
			b.WriteString(", ")
		}
		b.WriteString(r.repr(k, depth-1) + ": " + r.repr(v, depth-1))
	}
	if n > i {
		fmt.Fprintf(&b, ", …%d more", n-i)
	}
	b.WriteString("}")
	return b.String()
}

func (r *reader) set(o hprof.Object, depth int) string {
	n, _ := r.mapLen(o)
	if depth == 0 && n > 0 {
		return fmt.Sprintf("set(…%d elements)", n)
	}
	m := r.mapOf(o)
	if inner, ok := m.Ref("map"); ok { // a HashSet's
		m = inner
	}
	var members []string
	for k := range entries(r.d, m, previewElements) {
		members = append(members, r.repr(k, depth-1))
	}
	if n > int64(len(members)) {
		members = append(members, fmt.Sprintf("…%d more", n-int64(len(members))))
	}
	return "set([" + strings.Join(members, ", ") + "])"
}

func (r *reader) depset(set hprof.Object) string {
	direct, transitive := r.depsetChildren(set)
	s := fmt.Sprintf("depset(%d direct, %d transitive", direct, transitive)
	if depth := depsetDepth(set); depth > 0 {
		s += fmt.Sprintf(", depth %d", depth)
	}
	return s + ")"
}

func (r *reader) structText(o hprof.Object, depth int) string {
	var b strings.Builder
	b.WriteString(r.providerOf(o).Name + "(")
	if depth == 0 {
		return b.String() + "…)"
	}
	for i, m := range r.members(o, previewElements+1) {
		if i > 0 {
			b.WriteString(", ")
		}
		if i == previewElements {
			b.WriteString("…")
			break
		}
		b.WriteString(m.name + " = " + r.repr(m.value, depth-1))
	}
	return b.String() + ")"
}

// contextLabel is the label of the target a ctx belongs to.
func (r *reader) contextLabel(o hprof.Object) string {
	inner, ok := o.Ref("ruleContext")
	if !ok || inner.IsZero() {
		if l := firstLabel(o, "ruleLabelCanonicalName", "label"); l != "" {
			return l
		}
		return plainLabel(refText(o, "ruleLabelCanonicalName")) // 9: a string
	}
	if rule, ok := inner.Ref("rule"); ok {
		if l := refLabel(rule, "label"); l != "" {
			return l
		}
	}
	if target, ok := inner.Ref("target"); ok {
		if l := refLabel(target, "label"); l != "" {
			return l
		}
	}
	return firstLabel(inner, "label")
}

// plainLabel writes a canonical label as labelText does: without the main
// repository's "@@", and other repositories' with one.
func plainLabel(s string) string {
	if rest, ok := strings.CutPrefix(s, "@@"); ok {
		if strings.HasPrefix(rest, "//") {
			return rest
		}
		return "@" + rest
	}
	return s
}

// fileText is an Artifact's path below the execution root.
func fileText(o hprof.Object) string {
	for _, f := range [...]string{"execPath", "rootRelativePath", "path"} {
		if p, ok := o.Ref(f); ok {
			if s := pathText(p); s != "" {
				return s
			}
		}
	}
	return "?"
}
