// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"strings"

	"example.invalid/starlark-memls/internal/hprof"
)

// A valueKind is what a Java class is to Starlark.
type valueKind uint8

const (
	kindUnknown valueKind = iota
	kindOther             // something of Bazel's, called after its class
	kindNone
	kindBool
	kindInt
	kindFloat
	kindString
	kindList
	kindTuple
	kindDict
	kindSet
	kindDepset
	kindNestedSet
	kindStruct
	kindContext
	kindFile
	kindLabel
	kindTarget
	kindFunction
	kindBuiltin
	kindRange
	kindCell
)

// kindsByClass are the classes of Starlark's values by the name behind the package:
// 4.2's first, then what 5 to 9 added, then what 2.1 and 0.29 called them.
// Subclasses have their superclass's kind.
var kindsByClass = map[string]valueKind{
	"NoneType": kindNone, "Runtime$NoneType": kindNone,
	"StarlarkInt": kindInt, "StarlarkInt$Int32": kindInt, "StarlarkInt$Int64": kindInt, "StarlarkInt$Big": kindInt,
	"StarlarkFloat": kindFloat,
	"StarlarkList":  kindList, "MutableStarlarkList": kindList, "ImmutableStarlarkList": kindList,
	"RegularImmutableStarlarkList": kindList, "ImmutableSingletonStarlarkList": kindList, "LazyImmutableStarlarkList": kindList,
	"SkylarkList$MutableList": kindList, "SkylarkList": kindList,
	"Tuple": kindTuple, "RegularTuple": kindTuple, "SingletonTuple": kindTuple, "SkylarkList$Tuple": kindTuple,
	"SkylarkList$RegularTuple": kindTuple, "SkylarkList$SimpleTuple": kindTuple,
	"Dict": kindDict, "SkylarkDict": kindDict, "CompactImmutableDict": kindDict, "HashImmutableDict": kindDict,
	"StarlarkSet": kindSet,
	"Depset":      kindDepset, "SkylarkNestedSet": kindDepset, "NestedSet": kindNestedSet,
	"StarlarkInfo": kindStruct, "StructImpl": kindStruct, "SkylarkInfo": kindStruct, "NativeInfo": kindStruct,
	"StarlarkRuleContext": kindContext, "SkylarkRuleContext": kindContext,
	"Artifact": kindFile, "Label": kindLabel,
	"AbstractConfiguredTarget": kindTarget, "ConfiguredTarget": kindTarget,
	"StarlarkFunction": kindFunction, "UserDefinedFunction": kindFunction,
	"BuiltinFunction": kindBuiltin, "BuiltinCallable": kindBuiltin,
	"RangeList": kindRange, "StarlarkFunction$Cell": kindCell,
}

func (r *reader) kindOf(c *hprof.Class) valueKind {
	if c == nil {
		return kindUnknown
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if s, ok := r.kinds[c]; ok {
		return s
	}
	s := kindOther
	switch c.Name {
	case "java.lang.String":
		s = kindString
	case "java.lang.Integer", "java.lang.Long", "java.math.BigInteger":
		s = kindInt
	case "java.lang.Boolean":
		s = kindBool
	case "java.lang.Double":
		s = kindFloat
	default:
		for at, depth := c, 0; at != nil && depth < 100 && s == kindOther; at, depth = at.Super, depth+1 {
			if !strings.HasPrefix(at.Name, "net.starlark.") && !strings.HasPrefix(at.Name, "com.google.devtools.build.") {
				continue
			}
			if found, ok := kindsByClass[at.Name[strings.LastIndexByte(at.Name, '.')+1:]]; ok {
				s = found
			}
		}
	}
	r.kinds[c] = s
	return s
}

// uncell looks through the cell around a captured variable (Bazel 5 on).
func (r *reader) uncell(o hprof.Object) hprof.Object {
	for range 8 {
		if o.IsZero() || r.kindOf(o.Class()) != kindCell {
			break
		}
		o, _ = o.Ref("x")
	}
	return o
}

// typeOf is a value's type as Starlark's type() says it; a provider's instance
// is called after the provider, anything unknown after its Java class.
func (r *reader) typeOf(o hprof.Object) string {
	if o.IsZero() {
		return "unassigned"
	}
	switch r.kindOf(o.Class()) {
	case kindNone:
		return "NoneType"
	case kindBool:
		return "bool"
	case kindInt:
		return "int"
	case kindFloat:
		return "float"
	case kindString:
		return "string"
	case kindList:
		return "list"
	case kindTuple:
		return "tuple"
	case kindDict:
		return "dict"
	case kindSet:
		return "set"
	case kindDepset, kindNestedSet:
		return "depset"
	case kindStruct:
		return r.providerOf(o).Name
	case kindContext:
		return "ctx"
	case kindFile:
		return "File"
	case kindLabel:
		return "Label"
	case kindTarget:
		return "Target"
	case kindFunction:
		return "function"
	case kindBuiltin:
		return "builtin_function_or_method"
	case kindRange:
		return "range"
	}
	if o.Kind() == hprof.ClassObject {
		return "class " + simpleName(o.Class())
	}
	return simpleName(o.Class())
}

// lengthOf is what Starlark's len() would say; for a depset the count of its
// direct elements. ok is false for what has no length.
func (r *reader) lengthOf(o hprof.Object) (n int64, ok bool) {
	if o.IsZero() {
		return 0, false
	}
	switch r.kindOf(o.Class()) {
	case kindString:
		return int64(o.StringLen()), true
	case kindList, kindTuple:
		n, ok := lengthOf(o)
		if !ok && simpleName(o.Class()) != "StarlarkList" {
			n, ok = 0, strings.Contains(o.Class().Name, "Empty")
		}
		return int64(n), ok
	case kindDict, kindSet:
		return r.mapLen(o)
	case kindDepset:
		set, ok := o.Ref("set")
		if !ok {
			return 0, false
		}
		direct, _ := r.depsetChildren(set)
		return int64(direct), true
	case kindNestedSet:
		direct, _ := r.depsetChildren(o)
		return int64(direct), true
	}
	return 0, false
}

// mapLen is the size of a dict or set: of the map inside it, or its own.
func (r *reader) mapLen(o hprof.Object) (int64, bool) {
	m := r.mapOf(o)
	if size, ok := m.Int("size"); ok {
		return size, true
	}
	if n, ok := m.Ref("map"); ok { // a HashSet's
		if size, ok := n.Int("size"); ok {
			return size, true
		}
	}
	n := int64(0)
	for range entries(r.d, m, maxChain) {
		n++
	}
	if n == 0 {
		if k, ok := lengthOf(m); ok {
			return int64(k), true
		}
	}
	return n, true
}

func (r *reader) mapOf(o hprof.Object) hprof.Object {
	for _, f := range [...]string{"contents", "map"} {
		if m, ok := o.Ref(f); ok {
			return m
		}
	}
	return o
}

// depsetChildren splits a NestedSet's children into elements and further sets.
// In Bazel, `children` is an element, or an array of elements and of arrays
// that are sets themselves (NestedSet.java; since 1.0 transitive sets appear as
// their children arrays).
func (r *reader) depsetChildren(set hprof.Object) (direct, transitive int) {
	children, ok := set.Ref("children")
	if !ok {
		return 0, 0
	}
	if children.Kind() != hprof.ObjectArray {
		return 1, 0
	}
	const look = 1 << 14
	n := 0
	for e := range elements(r.d, children, look) {
		n++
		if e.Kind() == hprof.ObjectArray {
			transitive++
		} else {
			direct++
		}
	}
	if rest := children.Len() - n; rest > 0 && n > 0 { // of long ones the rest is like the start
		direct += rest * direct / n
		transitive += rest - rest*direct/n
	}
	return direct, max(0, transitive)
}

// depsetDepth is a NestedSet's depth, 0 where the version does not keep it.
func depsetDepth(set hprof.Object) int64 {
	v, ok := set.Int("depthAndOrder")
	if !ok {
		return 0
	}
	return v >> 2 // two bits of order (NestedSet.java)
}
