// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"bytes"
	"regexp"
)

// callOn finds what is called on a line: a name, or the field of a struct,
// right before a parenthesis.
var callOn = regexp.MustCompile(`\b([A-Za-z_]\w*)\s*\(`)

// CalledOn returns the functions that a line of a file calls, as far as their
// names lead to definitions in the file itself or in those that it loads. It
// reads the source; where that is gone or was edited since, there are none.
func (w *Workspace) CalledOn(path string, line int) []*Definition {
	id := w.fileAt(path)
	if id < 0 {
		return nil
	}
	src := w.source(id)
	text := lineOf(src.text(), line)
	var found []*Definition
	for _, m := range callOn.FindAllSubmatch(text, -1) {
		for _, d := range w.functionsNamed(id, src, string(m[1])) {
			if d.Range.Start.Line != line { // not the def itself
				found = append(found, d)
			}
		}
	}
	return found
}

// functionsNamed are the functions that a name stands for in a file.
func (w *Workspace) functionsNamed(id int32, src *source, name string) []*Definition {
	if found := w.functionsOf(id, name); found != nil {
		return found
	}
	for i := range src.sum.loads {
		for _, n := range src.sum.loads[i].names {
			if n.local != name {
				continue
			}
			if target := w.loadTarget(id, i); target >= 0 {
				return w.functionsOf(target, n.remote)
			}
		}
	}
	return nil
}

func (w *Workspace) functionsOf(id int32, name string) (found []*Definition) {
	for _, d := range w.inFile(id) {
		if d.Name == name && (d.Kind == Function || d.Kind == Lambda) {
			found = append(found, d)
		}
	}
	return found
}

// lineOf is one line of a text, from 1.
func lineOf(text []byte, line int) []byte {
	for ; line > 1; line-- {
		i := bytes.IndexByte(text, '\n')
		if i < 0 {
			return nil
		}
		text = text[i+1:]
	}
	if i := bytes.IndexByte(text, '\n'); i >= 0 {
		text = text[:i]
	}
	return text
}
