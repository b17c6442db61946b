// SPDX-License-Identifier: Apache-2.0

package export

import (
	"fmt"
	"path/filepath"
	"time"

	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/plain"
	"example.invalid/starlark-memls/starlark"
)

// Stacks are samples of stacks, with a value of each measure.
type Stacks struct {
	Title    string
	Comments []string // one line each
	Made     time.Time
	Measures []ValueType
	Frames   []StackFrame
	Samples  []StackSample
	// Redacted: names are hashes.
	Redacted bool

	index map[StackFrame]int32
}

// A ValueType is what the values in one column count.
type ValueType struct {
	Name    string `json:"name"`
	Unit    string `json:"unit"` // bytes, count, microseconds
	Meaning string `json:"meaning"`
}

// The kinds of frames.
const (
	KindRule     = "rule"
	KindAspect   = "aspect"
	KindFunction = "function"
	KindField    = "field"
	KindTarget   = "target"
	KindFile     = "file" // a .bzl file or package
	KindNobody   = "bazel"
	KindShared   = "shared"
)

// A StackFrame is one entry of a stack. Line is the line under way or at which
// something was made, Start that on which the function is defined; 0 where it is
// not known.
type StackFrame struct {
	Kind  string `json:"kind"`
	Name  string `json:"name"`
	File  string `json:"file,omitempty"`
	Line  int    `json:"line,omitempty"`
	Start int    `json:"start,omitempty"`
}

// A StackSample is a stack, outermost first, by the numbers of its frames, with a value
// for each measure.
type StackSample struct {
	Stack  []int32
	Values []int64
	Labels []Label
}

// A Label says what a sample belongs to: a target, rule, aspect, provider, crash.
type Label struct{ Key, Value string }

// frame is the frame's number.
func (s *Stacks) frame(f StackFrame) int32 {
	if n, ok := s.index[f]; ok {
		return n
	}
	if s.index == nil {
		s.index = map[StackFrame]int32{}
	}
	n := int32(len(s.Frames))
	s.Frames = append(s.Frames, f)
	s.index[f] = n
	return n
}

// Total is the sum of a measure over all samples.
func (s *Stacks) Total(measure string) (sum int64) {
	for i, m := range s.Measures {
		if m.Name != measure {
			continue
		}
		for _, sample := range s.Samples {
			sum += sample.Values[i]
		}
	}
	return sum
}

// StackOptions say how paths are written, and where the sources are.
type StackOptions struct {
	// Root is what paths are written relative to; "" leaves them absolute.
	Root string
	// Sources find a file that Bazel has printed, and the function around a line;
	// nil where there is no workspace.
	Sources *starlark.Workspace
}

// file is a printed path as the source of now, if there is one.
// File is a printed path as paths are written.
func (o StackOptions) File(printed string) string { return o.file(printed) }

func (o StackOptions) file(printed string) string {
	path := printed
	if o.Sources != nil {
		if r := o.Sources.Resolve(printed); r.Path != "" {
			path = r.Path
		}
	}
	if o.Root != "" && filepath.IsAbs(path) {
		if rel, err := filepath.Rel(o.Root, path); err == nil && filepath.IsLocal(rel) {
			path = rel
		}
	}
	return plain.Line(filepath.ToSlash(path))
}

// around is the function around a line, "" where that is not known.
func (o StackOptions) around(printed string, line int) (name string, start int) {
	if o.Sources == nil || line == 0 {
		return "", 0
	}
	r := o.Sources.Resolve(printed)
	if r.Path == "" {
		return "", 0
	}
	d := o.Sources.At(r.Path, line)
	if d == nil || d.Kind != starlark.Function {
		return "", 0
	}
	return d.Name, d.NameRange.Start.Line
}

// Place is a printed place as FILE:LINE of the source of now.
func (o StackOptions) Place(p heap.Place) string {
	if p.File == "" {
		return ""
	}
	file := o.file(p.File)
	if p.Line == 0 {
		return file
	}
	return fmt.Sprintf("%s:%d", file, p.Line)
}
