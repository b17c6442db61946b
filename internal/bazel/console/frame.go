// SPDX-License-Identifier: Apache-2.0

package console

import (
	"strconv"
	"strings"
)

// Builtin is the file that Bazel prints for a function with no source.
const Builtin = "<builtin>"

// starlarkMark begins the class of a stack trace element that stands for a
// Starlark frame (Starlark.java, 5.0 on).
const starlarkMark = "<starlark>."

// ParseFrame reads one stack trace element as Java prints it, with or without
// the "at " in front: "<starlark>.f(/p/x.bzl:12)" is a Starlark frame,
// everything else a Java frame. The same strings stand in the stackTrace of a
// failure detail. Exactly one of the results is set if ok.
func ParseFrame(s string) (starlark StarlarkFrame, java JavaFrame, isStarlark, ok bool) {
	s = strings.TrimSpace(s)
	s = strings.TrimPrefix(s, "at ")
	open := strings.IndexByte(s, '(')
	// A path may hold parentheses; the element ends at the last one. What
	// follows it ("~[bazel.jar:?]") is some logger's.
	shut := strings.LastIndexByte(s, ')')
	if open <= 0 || shut < open {
		return StarlarkFrame{}, JavaFrame{}, false, false
	}
	method, place := s[:open], s[open+1:shut]
	if name, found := strings.CutPrefix(method, starlarkMark); found {
		f, ok := starlarkPlace(name, place)
		return f, JavaFrame{}, true, ok
	}
	if strings.ContainsAny(method, " \t'\"") || !strings.Contains(method, ".") {
		return StarlarkFrame{}, JavaFrame{}, false, false
	}
	return StarlarkFrame{}, JavaFrame{Method: withoutModule(method), Source: place}, false, true
}

// starlarkPlace makes a frame of a name and "FILE:LINE". A line of 0 is a
// builtin's.
func starlarkPlace(name, place string) (StarlarkFrame, bool) {
	file, number, ok := cutNumber(place)
	if !ok {
		if place == Builtin || place == "Unknown Source" {
			return StarlarkFrame{Function: name, File: Builtin}, name != ""
		}
		return StarlarkFrame{}, false
	}
	return StarlarkFrame{Function: name, File: file, Line: number}, name != "" && file != ""
}

// withoutModule drops "java.base/", "java.base@17.0.1/" or "app//". A lambda's
// class has a slash of its own, after a dollar sign.
func withoutModule(method string) string {
	slash := strings.IndexByte(method, '/')
	if slash < 0 || strings.ContainsAny(method[:slash], "$<(") {
		return method
	}
	return strings.TrimLeft(method[slash:], "/")
}

// cutNumber cuts ":12" off the end. The colon is the last one, as a Windows
// path has another.
func cutNumber(s string) (rest string, n int, ok bool) {
	colon := strings.LastIndexByte(s, ':')
	if colon < 0 || colon == len(s)-1 || len(s)-colon > 10 {
		return s, 0, false
	}
	n, err := strconv.Atoi(s[colon+1:])
	if err != nil || n < 0 || s[colon+1] == '+' {
		return s, 0, false
	}
	return s[:colon], n, true
}

// cutLineColumn cuts ":12:9" (or ":12", then column is 0) off the end.
func cutLineColumn(s string) (file string, line, column int, ok bool) {
	rest, last, ok := cutNumber(s)
	if !ok {
		return s, 0, 0, false
	}
	if file, first, ok := cutNumber(rest); ok && file != "" {
		return file, first, last, true
	}
	return rest, last, 0, rest != ""
}

// parseStarlarkList reads 4.x's "(Starlark stack: [f@/p/x.bzl:13:15, str@<builtin>])",
// outermost first, and returns the frames innermost first. A list that was
// cut off gives the frames that are whole. ok is false if there is no list.
func parseStarlarkList(message string) (frames []StarlarkFrame, ok bool) {
	const mark = "(Starlark stack: ["
	start := strings.Index(message, mark)
	if start < 0 {
		return nil, false
	}
	list := message[start+len(mark):]
	closed := false
	if end := strings.LastIndex(list, "])"); end >= 0 {
		list, closed = list[:end], true
	}
	for list != "" && len(frames) < maxFrames {
		entry, rest, more := cutEntry(list)
		if f, ok := listEntry(entry); ok && (more || closed) {
			frames = append(frames, f)
		}
		list = rest
	}
	for i, j := 0, len(frames)-1; i < j; i, j = i+1, j-1 {
		frames[i], frames[j] = frames[j], frames[i]
	}
	return frames, true
}

// cutEntry cuts the first entry off a list. A path may hold ", "; the
// separator is the one after a number or a ">" and before "name@".
func cutEntry(list string) (entry, rest string, more bool) {
	for i := 0; ; {
		k := strings.Index(list[i:], ", ")
		if k < 0 {
			return list, "", false
		}
		k += i
		if k > 0 && endsEntry(list[k-1]) && beginsEntry(list[k+2:]) {
			return list[:k], list[k+2:], true
		}
		i = k + 2
	}
}

func endsEntry(c byte) bool { return c == '>' || c >= '0' && c <= '9' }

func beginsEntry(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c == '@':
			return i > 0
		case c == '_' || c == '<' || c == '>' || c == '.' || c >= 0x80,
			c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		default:
			return false
		}
	}
	return false
}

// listEntry reads "NAME@FILE:LINE:COLUMN" or "NAME@<builtin>".
func listEntry(s string) (StarlarkFrame, bool) {
	name, place, found := strings.Cut(s, "@")
	if !found || name == "" {
		return StarlarkFrame{}, false
	}
	if place == Builtin {
		return StarlarkFrame{Function: name, File: Builtin}, true
	}
	file, line, column, ok := cutLineColumn(place)
	return StarlarkFrame{Function: name, File: file, Line: line, Column: column}, ok
}
