// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"path"
	"strings"
)

// A Label names a target or a file, as Bazel reads it
// (com.google.devtools.build.lib.cmdline.Label).
type Label struct {
	// Repository is the name between "@" or "@@" and "//"; "" is the main
	// repository or, relative, the one the label stands in.
	Repository string
	// Canonical: the name was written with "@@".
	Canonical bool
	// Absolute: the label names its package ("//p:x" or "@r//p:x").
	Absolute bool
	Package  string
	Name     string
}

// ParseLabel reads a label in any of Bazel's spellings: ":x", "x", "//p:x",
// "//p", "@r//p:x", "@@r+//p:x", "@//p:x", "@r". It reports false for what
// cannot be a label.
func ParseLabel(s string) (Label, bool) {
	var l Label
	rest := s
	if strings.HasPrefix(rest, "@") {
		rest = rest[1:]
		if strings.HasPrefix(rest, "@") {
			l.Canonical, rest = true, rest[1:]
		}
		repo, tail, found := strings.Cut(rest, "//")
		if !found {
			// "@r" is short for "@r//:r".
			if repo == "" || strings.ContainsAny(repo, ":/") {
				return Label{}, false
			}
			return Label{Repository: repo, Canonical: l.Canonical, Absolute: true, Name: repo}, true
		}
		l.Repository, rest = repo, "//"+tail
	}
	if strings.HasPrefix(rest, "//") {
		l.Absolute = true
		pkg, name, found := strings.Cut(rest[2:], ":")
		l.Package, l.Name = strings.Trim(pkg, "/"), name
		if !found {
			l.Name = path.Base(l.Package)
		}
		return l, l.Name != "" && l.Name != "."
	}
	l.Name = strings.TrimPrefix(rest, ":")
	return l, l.Name != "" && !strings.Contains(l.Name, ":")
}

// String is the label in its shortest full spelling, "//p:x" or "@r//p:x".
func (l Label) String() string {
	var b strings.Builder
	if l.Repository != "" {
		b.WriteByte('@')
		if l.Canonical {
			b.WriteByte('@')
		}
		b.WriteString(l.Repository)
	}
	if l.Absolute {
		b.WriteString("//")
		b.WriteString(l.Package)
	}
	b.WriteByte(':')
	b.WriteString(l.Name)
	return b.String()
}

// file is the path of the label's file below its repository's root.
func (l Label) file() string { return path.Join(l.Package, l.Name) }
