// SPDX-License-Identifier: Apache-2.0

package console

import (
	"slices"
	"strconv"
	"strings"
)

// `bazel query --output=build` prints each target as it stands after all
// macros, with the two stacks that tell how it came to be:
//
//	# /abs/pkg/BUILD:2:6
//	big(
//	  name = "m_1",
//	  generator_name = "m",
//	  generator_function = "macro",
//	  generator_location = "pkg/BUILD:2:6",
//	)
//	# Rule m_1 instantiated at (most recent call last):
//	#   /abs/pkg/BUILD:2:6      in <toplevel>
//	#   /abs/lib/defs.bzl:26:12 in macro
//	# Rule big defined at (most recent call last):
//	#   /abs/lib/defs.bzl:15:11 in <toplevel>
//
// A console shows repository rules in a like form:
//
//	INFO: Repository io_thing instantiated at:
//	  /abs/WORKSPACE:5:3: in <toplevel>
//	  /abs/defs.bzl:7:9: in deps
//	Repository rule http_archive defined at:
//	  /abs/http.bzl:355:31: in <toplevel>
//
// The block does not say the target's package; generator_location does where
// it is relative to the workspace. Without it Target is ":name", and File says
// which BUILD file that is in.

// An instantiation is a block being read; its stacks are outermost first.
type instantiation struct {
	Instantiation
	part       blockPart
	repository bool
	name       string
	location   string // generator_location
}

type blockPart int

const (
	afterPlace blockPart = iota // "# /abs/pkg/BUILD:2:6" was read
	inAttributes
	afterAttributes
	inInstantiated
	inDefined
)

// beginsBlock takes the line with which a block begins.
func (p *parser) beginsBlock(l line) bool {
	text := strings.TrimRight(l.text, " \t")
	if place, ok := strings.CutPrefix(text, "# "); ok {
		file, _, column, ok := cutLineColumn(place)
		if !ok || column == 0 || strings.HasPrefix(place, " ") || !strings.ContainsAny(file, "/\\") {
			return false
		}
		p.closeBlock()
		p.block = &instantiation{Instantiation: Instantiation{File: file}}
		return true
	}
	name, ok := strings.CutSuffix(strings.TrimPrefix(text, "INFO: "), " instantiated at:")
	if name, found := strings.CutPrefix(name, "Repository "); ok && found && !strings.Contains(name, " ") {
		p.closeBlock()
		p.block = &instantiation{part: inInstantiated, repository: true, name: name}
		return true
	}
	return false
}

// blockLine offers a line to the open block.
func (p *parser) blockLine(l line) bool {
	b := p.block
	text := strings.TrimSpace(l.text)
	if p.beginsBlock(l) {
		return true
	}
	taken := false
	switch {
	case b.repository:
		taken = b.repositoryLine(text)
	case b.part == afterPlace:
		class, ok := strings.CutSuffix(text, "(")
		if taken = ok && !strings.Contains(class, " ") && class != ""; taken {
			b.Class, b.part = class, inAttributes
		}
	case b.part == inAttributes:
		b.attribute(text, l.text)
		taken = true
	default:
		taken = b.stackLine(text)
	}
	if !taken && (text == "" || !isProgress(text)) {
		p.closeBlock()
	}
	return taken
}

// attribute takes a line between "class(" and ")".
func (b *instantiation) attribute(text, raw string) {
	if text == ")" && !strings.HasPrefix(raw, "    ") {
		b.part = afterAttributes
		return
	}
	key, value, found := strings.Cut(strings.TrimSuffix(text, ","), " = ")
	if !found {
		return
	}
	switch key {
	case "name":
		b.name = unquote(value)
	case "generator_location":
		b.location = unquote(value)
	}
}

// stackLine takes a comment line after the attributes.
func (b *instantiation) stackLine(text string) bool {
	comment, ok := strings.CutPrefix(text, "#")
	if !ok {
		return false
	}
	comment = strings.TrimSpace(comment)
	switch {
	case strings.HasSuffix(comment, " instantiated at (most recent call last):"):
		b.part = inInstantiated
		return true
	case strings.HasSuffix(comment, " defined at (most recent call last):"):
		b.part = inDefined
		return true
	}
	f, ok := placeInFunction(comment)
	return ok && b.add(f)
}

// repositoryLine takes a line of a repository's block.
func (b *instantiation) repositoryLine(text string) bool {
	if class, ok := strings.CutSuffix(text, " defined at:"); ok {
		class, ok = strings.CutPrefix(class, "Repository rule ")
		b.Class, b.part = class, inDefined
		return ok
	}
	f, ok := placeInFunction(text)
	return ok && b.add(f)
}

func (b *instantiation) add(f StarlarkFrame) bool {
	if len(b.Instantiated)+len(b.Defined) >= maxFrames {
		return true
	}
	switch b.part {
	case inInstantiated:
		b.Instantiated = append(b.Instantiated, f)
	case inDefined:
		b.Defined = append(b.Defined, f)
	default:
		return false
	}
	return true
}

// placeInFunction reads "/p/x.bzl:26:12 in macro" and "/p/x.bzl:26:12: in f".
func placeInFunction(text string) (StarlarkFrame, bool) {
	i := strings.LastIndex(text, " in ")
	if i < 0 {
		return StarlarkFrame{}, false
	}
	place := strings.TrimSuffix(strings.TrimRight(text[:i], " "), ":")
	f := StarlarkFrame{Function: strings.TrimSpace(text[i+len(" in "):])}
	if place == Builtin {
		f.File = Builtin
		return f, f.Function != ""
	}
	var ok bool
	f.File, f.Line, f.Column, ok = cutLineColumn(place)
	return f, ok && f.Function != ""
}

// unquote reads a Starlark string as query prints it.
func unquote(s string) string {
	if u, err := strconv.Unquote(s); err == nil {
		return u
	}
	return strings.Trim(s, `"`)
}

// closeBlock ends the open block, if there is one.
func (p *parser) closeBlock() {
	b := p.block
	if b == nil {
		return
	}
	p.block = nil
	if b.name == "" {
		return // a comment that looked like a block
	}
	if len(p.log.Instantiations) >= maxInstantiations {
		p.lost("there are more targets than are kept")
		return
	}
	slices.Reverse(b.Instantiated)
	slices.Reverse(b.Defined)
	b.Target = b.target()
	if b.repository && len(b.Instantiated) > 0 {
		b.File = b.Instantiated[len(b.Instantiated)-1].File
	}
	p.log.Instantiations = append(p.log.Instantiations, b.Instantiation)
}

// target is the label as far as the block tells it.
func (b *instantiation) target() string {
	if b.repository {
		return "@" + b.name
	}
	file, _, _, ok := cutLineColumn(b.location)
	if !ok || strings.HasPrefix(file, "/") || strings.Contains(file, ":") {
		return ":" + b.name
	}
	slash := strings.LastIndexByte(file, '/')
	return "//" + file[:max(slash, 0)] + ":" + b.name
}
