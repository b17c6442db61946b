// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"strings"

	"example.invalid/starlark-memls/internal/hprof"
)

// A shape is what a Java class is to Starlark.
type shape uint8

const (
	shapeUnknown shape = iota
	shapeOther         // something of Bazel's, called after its class
	shapeNone
	shapeBool
	shapeInt
	shapeFloat
	shapeString
	shapeList
	shapeTuple
	shapeDict
	shapeSet
	shapeDepset
	shapeNestedSet
	shapeStruct
	shapeContext
	shapeFile
	shapeLabel
	shapeTarget
	shapeFunction
	shapeBuiltin
	shapeRange
	shapeCell
)

// shapes are the classes of Starlark's values by the name behind the package:
// 4.2's first, then what 5 to 9 added, then what 2.1 and 0.29 called them.
// Subclasses have their superclass's shape.
var shapes = map[string]shape{
	"NoneType": shapeNone, "Runtime$NoneType": shapeNone,
	"StarlarkInt": shapeInt, "StarlarkInt$Int32": shapeInt, "StarlarkInt$Int64": shapeInt, "StarlarkInt$Big": shapeInt,
	"StarlarkFloat": shapeFloat,
	"StarlarkList":  shapeList, "MutableStarlarkList": shapeList, "ImmutableStarlarkList": shapeList,
	"RegularImmutableStarlarkList": shapeList, "ImmutableSingletonStarlarkList": shapeList, "LazyImmutableStarlarkList": shapeList,
	"SkylarkList$MutableList": shapeList, "SkylarkList": shapeList,
	"Tuple": shapeTuple, "RegularTuple": shapeTuple, "SingletonTuple": shapeTuple, "SkylarkList$Tuple": shapeTuple,
	"SkylarkList$RegularTuple": shapeTuple, "SkylarkList$SimpleTuple": shapeTuple,
	"Dict": shapeDict, "SkylarkDict": shapeDict, "CompactImmutableDict": shapeDict, "HashImmutableDict": shapeDict,
	"StarlarkSet": shapeSet,
	"Depset":      shapeDepset, "SkylarkNestedSet": shapeDepset, "NestedSet": shapeNestedSet,
	"StarlarkInfo": shapeStruct, "StructImpl": shapeStruct, "SkylarkInfo": shapeStruct, "NativeInfo": shapeStruct,
	"StarlarkRuleContext": shapeContext, "SkylarkRuleContext": shapeContext,
	"Artifact": shapeFile, "Label": shapeLabel,
	"AbstractConfiguredTarget": shapeTarget, "ConfiguredTarget": shapeTarget,
	"StarlarkFunction": shapeFunction, "UserDefinedFunction": shapeFunction,
	"BuiltinFunction": shapeBuiltin, "BuiltinCallable": shapeBuiltin,
	"RangeList": shapeRange, "StarlarkFunction$Cell": shapeCell,
}

func (r *reader) shapeOf(c *hprof.Class) shape {
	if c == nil {
		return shapeUnknown
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if s, ok := r.shapes[c]; ok {
		return s
	}
	s := shapeOther
	switch c.Name {
	case "java.lang.String":
		s = shapeString
	case "java.lang.Integer", "java.lang.Long", "java.math.BigInteger":
		s = shapeInt
	case "java.lang.Boolean":
		s = shapeBool
	case "java.lang.Double":
		s = shapeFloat
	default:
		for at, depth := c, 0; at != nil && depth < 100 && s == shapeOther; at, depth = at.Super, depth+1 {
			if !strings.HasPrefix(at.Name, "net.starlark.") && !strings.HasPrefix(at.Name, "com.google.devtools.build.") {
				continue
			}
			if found, ok := shapes[at.Name[strings.LastIndexByte(at.Name, '.')+1:]]; ok {
				s = found
			}
		}
	}
	r.shapes[c] = s
	return s
}

// uncell looks through the cell around a captured variable (Bazel 5 on).
func (r *reader) uncell(o hprof.Object) hprof.Object {
	for range 8 {
		if o.IsZero() || r.shapeOf(o.Class()) != shapeCell {
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
	switch r.shapeOf(o.Class()) {
	case shapeNone:
		return "NoneType"
	case shapeBool:
		return "bool"
	case shapeInt:
		return "int"
	case shapeFloat:
		return "float"
	case shapeString:
		return "string"
	case shapeList:
		return "list"
	case shapeTuple:
		return "tuple"
	case shapeDict:
		return "dict"
	case shapeSet:
		return "set"
	case shapeDepset, shapeNestedSet:
		return "depset"
	case shapeStruct:
		return r.providerOf(o).Name
	case shapeContext:
		return "ctx"
	case shapeFile:
		return "File"
	case shapeLabel:
		return "Label"
	case shapeTarget:
		return "Target"
	case shapeFunction:
		return "function"
	case shapeBuiltin:
		return "builtin_function_or_method"
	case shapeRange:
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
	switch r.shapeOf(o.Class()) {
	case shapeString:
		return int64(o.StringLen()), true
	case shapeList, shapeTuple:
		n, ok := lengthOf(o)
		if !ok && simpleName(o.Class()) != "StarlarkList" {
			n, ok = 0, strings.Contains(o.Class().Name, "Empty")
		}
		return int64(n), ok
	case shapeDict, shapeSet:
		return r.mapLen(o)
	case shapeDepset:
		set, ok := o.Ref("set")
		if !ok {
			return 0, false
		}
		direct, _ := r.depsetChildren(set)
		return int64(direct), true
	case shapeNestedSet:
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
