// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"fmt"

	"example.invalid/starlark-memls/internal/plain"
)

// A Problem is a file that could not be read or parsed in full.
type Problem struct {
	// Path is absolute, slash-separated.
	Path string
	// Line and Column are the place of a syntax error, 0 otherwise.
	Line, Column int
	// Message is one line: what is wrong and what to do.
	Message string
	// Syntax: the file was read, but some of it did not parse. An editor
	// leaves these to other language servers unless it is asked.
	Syntax bool
}

// String is the problem as one line, "path:line:column: message".
func (p Problem) String() string {
	if p.Line > 0 {
		return plain.Path(fmt.Sprintf("%s:%d:%d: %s", p.Path, p.Line, p.Column, p.Message))
	}
	return plain.Path(fmt.Sprintf("%s: %s", p.Path, p.Message))
}

// syntaxProblem tells a fault of a file that was read.
func syntaxProblem(path string, f *fault) Problem {
	return Problem{
		Path: path, Line: int(f.line), Column: int(f.column), Syntax: true,
		Message: fmt.Sprintf("syntax error: %s; the definitions of the other statements are used", f.message),
	}
}

// tooBig tells of a file over maxFileBytes.
func tooBig(path string, size int64) Problem {
	return Problem{Path: path, Message: fmt.Sprintf(
		"not read: %d bytes, over the limit of %d for a Starlark file; split it or name its directory in .bazelignore", size, maxFileBytes)}
}
