// SPDX-License-Identifier: Apache-2.0

package show

import (
	"example.invalid/starlark-memls/internal/lint/suppress"
	"example.invalid/starlark-memls/starlark"
)

// suppresses reports whether a finding on a line is suppressed by a text's
// comments: by the file, on the line itself, or on the def line of a function
// around it. The text of this moment decides, not the text that was analysed:
// shift takes a line of that one to one of this.
func suppresses(comments *suppress.Comments, code string, line int, around *starlark.Definition, shift func(int) int) bool {
	if comments.Silence(code, line) {
		return true
	}
	for d := around; d != nil; d = d.Enclosing {
		if d.Kind != starlark.Toplevel && comments.Line(code, shift(d.Range.Start.Line-1)) {
			return true
		}
	}
	return false
}
