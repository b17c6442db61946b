// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"example.invalid/starlark-memls/internal/hprof"
	"example.invalid/starlark-memls/internal/quantity"
)

// The values of attributes, as they stand in BUILD files: lists, dicts and selects
// that a macro gives to each of many targets are many lists, dicts and selects,
// though all say the same. In one target, on which the others depend, they would be
// one. Bazel keeps a rule's values in an array, and beside it the numbers of the
// attributes; up to 5 in an object of their own.

// An attribute is one of a rule class.
type attribute struct {
	class uint64 // the rule class's object
	index int
}

// attributeValues are what the targets of a rule class have there.
type attributeValues struct {
	group
	distinct map[uint64]int64 // sizes by what they say
	selects  int64
}

// maxValue bounds the objects that are looked at in a value.
const maxValue = 1 << 20

// attributes counts the values of a target.
func (f *finder) attributes(at uint32) {
	rule, ok := f.g.Object(at)
	if !ok {
		return
	}
	class, ok := rule.Ref("ruleClass")
	if !ok {
		return
	}
	values, numbers := attributeArrays(rule)
	for i := range min(values.Len(), len(numbers)) {
		v, ok := values.Element(i)
		if !ok || v.IsZero() || v.IsString() || v.Kind() != hprof.Instance {
			continue
		}
		n := f.g.Number(v.ID)
		if n == hprof.None || f.valuesSeen[n] {
			continue // a value that targets share
		}
		size, says := f.attributeValue(n)
		if size == 0 {
			continue
		}
		a := attribute{class.ID, int(numbers[i] & 0x7f)} // the highest bit: given, not a default
		g := f.attrs[a]
		if g == nil {
			g = &attributeValues{group: group{at: at}, distinct: map[uint64]int64{}}
			f.attrs[a] = g
		}
		g.count++
		g.size += size
		if classIs(v.Class(), "BuildType$SelectorList") {
			g.selects++
		}
		g.distinct[says] = max(g.distinct[says], size)
	}
}

// attributeArrays are a rule's values and the numbers of their attributes, of fewer
// than 127: those of more take two bytes, and are left out.
func attributeArrays(rule hprof.Object) (values hprof.Object, numbers []byte) {
	holder := rule
	if o, ok := rule.Ref("attributes"); ok {
		holder = o
	}
	for _, names := range [...][2]string{{"values", "state"}, {"attrValues", "attrBytes"}, {"attributeValues", "attributeBytes"}} {
		v, ok := holder.Ref(names[0])
		if !ok || v.Kind() != hprof.ObjectArray {
			continue
		}
		state, ok := holder.Ref(names[1])
		if n := state.Len(); ok && n == v.Len() {
			return v, state.Bytes(n)
		}
	}
	return hprof.Object{}, nil
}

// attributeValue is what a value's own objects weigh, without those that another
// value has, and what it says: a hash over what they hold (strings, labels).
func (f *finder) attributeValue(at uint32) (size int64, says uint64) {
	seen := map[uint32]bool{at: true}
	todo := []uint32{at}
	if !isContainer(f.g.Class(at)) {
		return 0, 0
	}
	for len(todo) > 0 && len(seen) < maxValue {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if !f.valuesSeen[at] {
			f.valuesSeen[at] = true
			size += f.g.ShallowBytes(at)
		}
		for _, to := range f.g.References(at, nil) {
			if to == hprof.None || f.g.IsClass(to) || seen[to] {
				continue
			}
			if isContainer(f.g.Class(to)) {
				seen[to] = true
				todo = append(todo, to)
				continue
			}
			says = (says ^ uint64(to)) * 0x9e3779b97f4a7c15
			says ^= says >> 29
		}
	}
	return size, says
}

// isContainer: a value's own objects, beside the strings and labels in it.
func isContainer(c *hprof.Class) bool {
	n := c.Name
	switch {
	case strings.HasSuffix(n, "[]"):
		return !strings.HasPrefix(n, "byte") && !strings.HasPrefix(n, "char")
	case strings.HasPrefix(n, "com.google.common.collect."):
		return !strings.Contains(n, "Empty") && !strings.HasPrefix(n, "com.google.common.collect.Natural")
	case strings.HasPrefix(n, "java.util."):
		return true
	}
	return classIs(c, "BuildType$SelectorList", "BuildType$Selector", "SelectorList", "SelectorValue")
}

// attributeName is the name of an attribute of a rule class.
func (f *finder) attributeName(a attribute) (rule, name string) {
	class, ok := f.h.d.Object(a.class)
	if !ok {
		return "", ""
	}
	rule = refText(class, "name")
	list, _ := class.Ref("attributes")
	if attributes, ok := list.Ref("attributes"); ok { // in a provider of them
		list = attributes
	}
	i := 0
	for o := range elements(f.h.d, list, a.index+1) {
		if i == a.index {
			return rule, refText(o, "name")
		}
		i++
	}
	return rule, ""
}

// attributeValues tells by rule and attribute.
func (f *finder) attributeValues() {
	var found []attribute
	saves := map[attribute]int64{}
	for a, g := range f.attrs {
		instead := int64(0)
		for _, size := range g.distinct {
			instead += size
		}
		if saves[a] = g.size - instead; saves[a] >= f.worth {
			found = append(found, a)
		}
	}
	slices.SortFunc(found, func(a, b attribute) int {
		return cmp.Or(-cmp.Compare(saves[a], saves[b]), cmp.Compare(a.class, b.class), cmp.Compare(a.index, b.index))
	})
	for _, a := range found[:min(len(found), foundPerKind)] {
		g := f.attrs[a]
		rule, name := f.attributeName(a)
		what := "value"
		if 2*g.selects > g.count {
			what = "select"
		}
		made := Finding{Kind: AttributeValues, Saves: saves[a], Bytes: g.size, Count: g.count, Targets: g.count,
			Message: fmt.Sprintf("%s targets of %s have a %s of their own in the attribute %s, of which %s: %s", grouped(g.count), rule, what, name, differ(len(g.distinct)), quantity.Bytes(g.size)),
			Advice:  "put it into one target (a filegroup, or a rule that hands it on by a provider) and let the others depend on that"}
		f.addAt(made, g.at)
		last := &f.out[len(f.out)-1]
		last.Field, last.Preview = "", ""
		for _, n := range f.nodes {
			if n.made.kind == "rule" && n.made.name == rule && n.made.function.Name != "" {
				fn := n.made.function
				last.Function, last.Builder = &fn, n.made.label()+", "+fn.Name+" at "+fn.Place.String()
				break
			}
		}
	}
}

// differ is "1 differs": as many distinct ones.
func differ(n int) string {
	if n == 1 {
		return "all say the same"
	}
	return "only " + grouped(int64(n)) + " differ"
}
