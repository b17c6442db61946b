// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"context"
	"slices"
	"strings"

	"example.invalid/starlark-memls/internal/hprof"
)

// Skyframe holds all that Bazel has computed, one entry a node. An entry's key
// says what it is for: up to 5 the key stands only in the map around
// (InMemoryGraphImpl.nodeMap, whose nodes hold key and entry); later entries
// have it themselves. Both are found by class, wherever they hang, so that a
// map of another make does no harm.

// A node is a Skyframe entry that is alive.
type node struct {
	key   Key
	keyID uint64 // the key's object
	made  implementer
	parts []uint32 // graph nodes that are the entry's own: itself, its value, …
	value uint32   // the value's graph node, hprof.None while it is computed
}

// An implementer is who computed a node: a rule's or aspect's function, a .bzl
// file's toplevel, a BUILD file, or a part of Bazel.
type implementer struct {
	kind     string // "rule", "aspect", "bzl", "package", bazelItself
	name     string // the rule class; "//f.bzl%aspect"; the .bzl's or package's label; the key's class
	function Function
}

// bazelItself is the kind of what no Starlark function has computed.
const bazelItself = "bazel"

// file is the .bzl or BUILD file to which the implementer belongs.
func (i implementer) file() string {
	switch {
	case i.function.Module != "":
		return i.function.Module
	case i.kind == "aspect" && strings.Contains(i.name, "%"):
		return i.name[:strings.LastIndexByte(i.name, '%')]
	case i.kind == "bzl":
		return i.name
	case i.function.Place.File != "":
		return i.function.Place.File
	}
	return ""
}

// readNodes lists the live entries.
func (h *Dump) readNodes(ctx context.Context, g *hprof.Graph, defs *definitions) ([]node, error) {
	entry := classSet(h.d, func(c *hprof.Class) bool {
		return classIs(c, "InMemoryNodeEntry", "AbstractInMemoryNodeEntry")
	})
	link := classSet(h.d, func(c *hprof.Class) bool {
		return c.Name == "java.util.concurrent.ConcurrentHashMap$Node" || c.Name == "java.util.concurrent.ConcurrentHashMap$TreeNode"
	})
	var out []node
	seen := map[uint32]bool{}
	add := func(key, value hprof.Object, at uint32) {
		if k, ok := readKey(key); ok && !seen[at] {
			seen[at] = true
			n := h.newNode(g, k, value, at, defs)
			n.keyID = key.ID
			out = append(out, n)
		}
	}
	for at := range uint32(g.Nodes()) {
		if at&(1<<16-1) == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if g.IsClass(at) || !g.Strength(at).Live() {
			continue
		}
		switch c := g.Class(at); {
		case entry[c]:
			if _, ok := c.Field("key"); ok {
				o, _ := g.Object(at)
				key, _ := o.Ref("key")
				add(key, o, at)
			}
		case link[c] && h.leadsTo(g, at, entry):
			o, _ := g.Object(at)
			e, ok := o.Ref("val")
			if ok && entry[e.Class()] && !e.Has("key") {
				key, _ := o.Ref("key")
				add(key, e, g.Number(e.ID))
			}
		}
	}
	if len(out) == 0 && len(entry) > 0 {
		h.note("no Skyframe node was found: who holds the memory is shown by provider and class only")
	}
	withoutAliases(out)
	return out, nil
}

// withoutAliases leaves a value that two entries have to the one that computed
// it. An aspect that was asked for on the command line has an entry of Bazel's
// own beside the aspect's, whose value is the very same object: without this the
// two would share all that the aspect has made.
func withoutAliases(nodes []node) {
	made := map[uint32]bool{}
	for _, n := range nodes {
		if n.made.kind != bazelItself {
			for _, at := range n.parts {
				made[at] = true
			}
		}
	}
	for i := range nodes {
		if n := &nodes[i]; n.made.kind == bazelItself {
			n.parts = slices.DeleteFunc(n.parts, func(at uint32) bool { return made[at] })
		}
	}
}

func (h *Dump) leadsTo(g *hprof.Graph, at uint32, classes map[*hprof.Class]bool) bool {
	h.refs = g.References(at, h.refs)
	for _, to := range h.refs {
		if to != hprof.None && !g.IsClass(to) && classes[g.Class(to)] {
			return true
		}
	}
	return false
}

func classSet(d *hprof.Dump, is func(*hprof.Class) bool) map[*hprof.Class]bool {
	out := map[*hprof.Class]bool{}
	for c := range d.Classes() {
		if is(c) {
			out[c] = true
		}
	}
	return out
}

// newNode finds what belongs to an entry alone: the entry, its value, and the
// one or two objects in the value that others (the build's result, the targets
// depending on it) refer to directly.
func (h *Dump) newNode(g *hprof.Graph, key Key, entry hprof.Object, at uint32, defs *definitions) node {
	n := node{key: key, parts: []uint32{at}, value: hprof.None}
	own := func(o hprof.Object, ok bool) hprof.Object {
		if ok && o.Kind() == hprof.Instance {
			n.parts = append(n.parts, g.Number(o.ID))
		}
		return o
	}
	value := own(entry.Ref("value"))
	if !value.IsZero() {
		// A value that was computed with events is wrapped.
		if inner, ok := value.Ref("value"); ok && strings.Contains(value.Class().Name, "ValueWith") {
			value = own(inner, true)
		}
		n.value = g.Number(value.ID)
	}
	var target hprof.Object
	if !value.IsZero() {
		target = own(value.Ref("configuredTarget"))
		own(value.Ref("configuredAspect"))
		own(value.Ref("pkg"))
		own(value.Ref("module"))
	}
	n.made = defs.implementerOf(h, key, target)
	return n
}

// definitions are the rules and aspects of the dump with their functions.
type definitions struct {
	rules   map[string]Function // by target label
	classes map[string]Function // by rule class
	ofRule  map[string]string   // rule class by target label
	aspects map[string]Function // by "//f.bzl%name"
	// made is what a function implements, by its object.
	made map[uint64]implementer
}

func (h *Dump) readDefinitions(ctx context.Context, g *hprof.Graph) (*definitions, error) {
	d := &definitions{rules: map[string]Function{}, classes: map[string]Function{}, ofRule: map[string]string{}, aspects: map[string]Function{}, made: map[uint64]implementer{}}
	is := func(names ...string) map[*hprof.Class]bool {
		return classSet(h.d, func(c *hprof.Class) bool { return classIs(c, names...) })
	}
	ruleClass, rule := is("RuleClass"), is("Rule")
	aspect := is("StarlarkDefinedAspect", "SkylarkDefinedAspect", "StarlarkAspect", "SkylarkAspect")
	aspectClasses := is("AspectClass", "StarlarkAspectClass", "SkylarkAspectClass")
	functions := map[uint64]Function{}
	for at := range uint32(g.Nodes()) {
		if at&(1<<16-1) == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if g.IsClass(at) {
			continue
		}
		c := g.Class(at)
		switch {
		case ruleClass[c]:
			o, _ := g.Object(at)
			name := refText(o, "name")
			if fn, ok := o.Ref("configuredTargetFunction"); ok && name != "" {
				f := h.function(fn)
				d.classes[name] = f
				functions[o.ID] = f
				d.made[fn.ID] = implementer{"rule", name, f}
			}
		case aspect[c]:
			o, _ := g.Object(at)
			fn, ok := o.Ref("implementation")
			class, ok2 := o.Ref("aspectClass")
			if !ok2 { // 8 on; a token while the aspect has no name yet
				class, ok2 = o.Ref("aspectClassOrIdentityToken")
			}
			if !ok2 && !o.Has("aspectClass") && !o.Has("aspectClassOrIdentityToken") {
				h.note("%s has neither aspectClass nor aspectClassOrIdentityToken: which function implements an aspect is not known", o.Class().Name)
			}
			if ok && ok2 && aspectClasses[class.Class()] {
				f := h.function(fn)
				name := aspectName(class)
				d.aspects[name] = f
				d.made[fn.ID] = implementer{"aspect", name, f}
			}
		}
	}
	for at := range uint32(g.Nodes()) {
		if !g.IsClass(at) && rule[g.Class(at)] {
			o, _ := g.Object(at)
			class, ok := o.Ref("ruleClass")
			if !ok {
				continue
			}
			label := refLabel(o, "label")
			d.ofRule[label] = refText(class, "name")
			if f, ok := functions[class.ID]; ok {
				d.rules[label] = f
			}
		}
	}
	return d, nil
}

func (d *definitions) implementerOf(h *Dump, key Key, target hprof.Object) implementer {
	switch key.Kind {
	case Aspect:
		return implementer{"aspect", key.Aspect, d.aspects[key.Aspect]}
	case BzlLoad:
		return implementer{"bzl", key.Label, Function{Name: toplevel, Module: key.Label}}
	case Package, Macro:
		return implementer{string(key.Kind), key.Label, Function{}}
	case ConfiguredTarget, Action:
		if key.Aspect != "" {
			return implementer{"aspect", key.Aspect, d.aspects[key.Aspect]}
		}
		class := ""
		if !target.IsZero() {
			class = refText(target, "ruleClassString")
		}
		if id, ok := target.Ref("ruleClassId"); ok && class == "" { // 9
			class = refText(id, "name")
		}
		if class == "" {
			class = d.ofRule[key.Label]
		}
		if class == "" { // a source or generated file
			return implementer{bazelItself, "files", Function{}}
		}
		f, ok := d.rules[key.Label]
		if !ok {
			f = d.classes[class]
		}
		return implementer{"rule", class, f}
	}
	return implementer{bazelItself, string(key.Kind), Function{}}
}
