// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"strconv"
	"strings"

	"example.invalid/starlark-memls/internal/hprof"
)

// A NodeKind is what a Skyframe node computes.
type NodeKind string

// The kinds that Starlark can be behind; any other node's kind is its key's
// class, "FileStateKey".
const (
	ConfiguredTarget NodeKind = "configured target"
	Aspect           NodeKind = "aspect"
	Package          NodeKind = "package"
	BzlLoad          NodeKind = "bzl load"
	Action           NodeKind = "action"
	Macro            NodeKind = "macro" // a symbolic one
)

// A Key is a Skyframe key, as far as it names sources.
type Key struct {
	Kind NodeKind
	// Label is the target's, "//pkg:name"; of a package "//pkg"; of a load the
	// .bzl file's.
	Label string
	// Aspect is "//pkg:file.bzl%name" for an aspect made in Starlark, a Java
	// class's name for one of Bazel's own.
	Aspect string
}

// readKey reads a SkyKey of any version (bazel-formats: 4.2's AspectValueKey,
// 2.1's SkylarkImportLookupKey, …).
func readKey(o hprof.Object) (Key, bool) {
	if o.IsZero() || o.Class() == nil {
		return Key{}, false
	}
	c := o.Class()
	switch {
	case classIs(c, "ConfiguredTargetKey"):
		return Key{Kind: ConfiguredTarget, Label: refLabel(o, "label")}, true
	case strings.HasSuffix(c.Name, "AspectKey") || classIs(c, "AspectValueKey$AspectKey", "AspectBaseKey", "AspectKeyCreator$AspectKey", "AspectKeyCreator$AspectBaseKey"):
		return aspectKey(o), true
	case classIs(c, "MacroInstance$UniqueId", "PackagePieceIdentifier", "PackagePieceIdentifier$ForBuildFile", "PackagePieceIdentifier$ForMacro"):
		return pieceKey(o), true
	case classIs(c, "PackageIdentifier"):
		return Key{Kind: Package, Label: packageName(o)}, true
	case classIs(c, "PackageValue$Key"):
		arg, _ := o.Ref("arg")
		return Key{Kind: Package, Label: packageName(arg)}, true
	case classIs(c, "BzlLoadValue$Key", "SkylarkImportLookupValue$SkylarkImportLookupKey", "StarlarkImportLookupValue$Key"):
		return Key{Kind: BzlLoad, Label: firstLabel(o, "label", "importLabel", "arg")}, true
	case classIs(c, "ActionLookupData"):
		inner, _ := o.Ref("actionLookupKey")
		if inner.IsZero() || inner.Class() == c {
			return Key{Kind: Action}, true // a ring, in a damaged dump
		}
		k, _ := readKey(inner)
		k.Kind = Action
		return k, true
	}
	return Key{Kind: NodeKind(simpleKeyName(c)), Label: firstLabel(o, "label")}, true
}

// simpleKeyName is a key's class for people: "FileStateValue.Key".
func simpleKeyName(c *hprof.Class) string {
	return strings.ReplaceAll(c.Name[strings.LastIndexByte(c.Name, '.')+1:], "$", ".")
}

func aspectKey(o hprof.Object) Key {
	k := Key{Kind: Aspect, Label: firstLabel(o, "label")}
	if k.Label == "" {
		if base, ok := o.Ref("baseConfiguredTargetKey"); ok {
			k.Label = refLabel(base, "label")
		}
	}
	if descriptor, ok := o.Ref("aspectDescriptor"); ok {
		class, _ := descriptor.Ref("aspectClass")
		k.Aspect = aspectName(class)
	}
	return k
}

// pieceKey reads what a symbolic macro is evaluated for (8 on): the macro's
// name in its package; of a package piece that is the BUILD file's, the package.
func pieceKey(o hprof.Object) Key {
	k := Key{Kind: Package}
	for _, f := range [...]string{"packageIdentifier", "pkgId", "packageId"} {
		if p, ok := o.Ref(f); ok && k.Label == "" {
			k.Label = packageName(p)
		}
	}
	for _, f := range [...]string{"instanceName", "id", "name"} {
		if name := refText(o, f); name != "" && !strings.HasSuffix(o.Class().Name, "ForBuildFile") {
			return Key{Kind: Macro, Label: k.Label + ":" + name}
		}
	}
	return k
}

// aspectName reads a StarlarkAspectClass (SkylarkAspectClass) or names a
// native one.
func aspectName(class hprof.Object) string {
	if class.IsZero() {
		return ""
	}
	name := refText(class, "exportedName")
	file := firstLabel(class, "extensionLabel")
	if file == "" {
		if key, ok := class.Ref("extensionKey"); ok { // newer: a BzlLoadValue.Key
			file = refLabel(key, "label")
		}
	}
	if name == "" {
		return simpleName(class.Class())
	}
	return file + "%" + name
}

func firstLabel(o hprof.Object, fields ...string) string {
	for _, f := range fields {
		if l := refLabel(o, f); l != "" {
			return l
		}
	}
	return ""
}

func refLabel(o hprof.Object, field string) string {
	l, ok := o.Ref(field)
	if !ok {
		return ""
	}
	return labelText(l)
}

// labelText writes a Label as Bazel does for the main repository: "//pkg:name".
func labelText(l hprof.Object) string {
	if l.IsZero() || l.Class() == nil || !classIs(l.Class(), "Label") {
		return ""
	}
	pkg, ok := l.Ref("packageIdentifier")
	if !ok {
		return ""
	}
	return packageName(pkg) + ":" + refText(l, "name")
}

// packageName writes a PackageIdentifier: "//pkg", "@repo//pkg".
func packageName(p hprof.Object) string {
	if p.IsZero() || p.Class() == nil || !classIs(p.Class(), "PackageIdentifier") {
		return ""
	}
	path, _ := p.Ref("pkgName")
	repo := ""
	if r, ok := p.Ref("repository"); ok {
		// "@repo" before Bazel 6, "repo" from then on; the main repository's
		// is "@" or nothing.
		if repo = strings.TrimLeft(refText(r, "name"), "@"); repo != "" {
			repo = "@" + repo
		}
	}
	return repo + "//" + pathText(path)
}

// pathText is a PathFragment's text.
func pathText(o hprof.Object) string {
	if s := refText(o, "normalizedPath"); s != "" {
		return s
	}
	return refText(o, "path")
}

// A Place is a position in a source, as Bazel prints it; Line and Column are 0
// where they are not known.
type Place struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

// String is file:line.
func (p Place) String() string {
	if p.File == "" {
		return ""
	}
	if p.Line == 0 {
		return p.File
	}
	return p.File + ":" + strconv.Itoa(p.Line)
}
