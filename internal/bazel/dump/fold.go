// SPDX-License-Identifier: Apache-2.0

package dump

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
)

// builtin is the file name that Bazel gives its own functions.
const builtin = "<builtin>"

// toplevel is the name of a file's own code in every other output of Bazel's.
const toplevel = "<toplevel>"

// foldKey is a function, or with line a line of it.
type foldKey struct {
	name, file string
	line       int // wholeFunction: all of it
}

// wholeFunction is no line: real ones start at 0 (a builtin's).
const wholeFunction = -1

// folding is the state of one pass over the samples. Bazel does not aggregate
// them: equal stacks repeat, one each sampled object or tick.
type folding struct {
	tables    *tables
	functions map[foldKey]*FunctionProfile
	lines     map[foldKey]*Amount
	seen      map[foldKey]bool // of the sample in hand
}

// maxPlaces bounds the functions and lines of one profile, in number. What
// Bazel records of the largest workspaces has some tens of thousands.
const maxPlaces = 1 << 18

// fold adds up a profile's samples by function and line.
func fold(ctx context.Context, t *tables) (*Profile, error) {
	index, kind := t.sampleType()
	if index < 0 {
		return nil, errors.New("reading pprof file: its sample type is none of Bazel's (memory, CPU)")
	}
	p := &Profile{Kind: kind, DurationMicros: t.durationNanos / 1000}
	f := folding{tables: t, functions: map[foldKey]*FunctionProfile{}, lines: map[foldKey]*Amount{}, seen: map[foldKey]bool{}}
	err := t.samples(func(locations, values []uint64) error {
		if p.Samples%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if index >= len(values) {
			return nil
		}
		value := int64(values[index])
		p.Samples++
		p.Total += value
		f.add(locations, value)
		if len(f.functions)+len(f.lines) > maxPlaces {
			return fmt.Errorf("reading pprof file: it names more than %d functions and lines, and no workspace has as many", maxPlaces)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	f.collect(p)
	return p, nil
}

// add counts one sample: flat for its innermost frame, cumulative once for
// each function and line that is anywhere on the stack.
func (f *folding) add(locations []uint64, value int64) {
	clear(f.seen)
	innermost, own := true, true
	for _, location := range locations {
		for _, frame := range f.tables.frames(location) {
			fn := frame.function
			if fn.name == fn.file {
				fn.name = toplevel // 4.2.3's CPU profiler names a file's own code after the file
			}
			at := fn
			at.line = frame.line
			whole := f.function(fn, frame.start)
			whole.count(value, innermost, f.first(fn))
			if fn.file != builtin {
				f.line(at).count(value, innermost, f.first(at))
				if own {
					whole.Own += value
					f.line(at).Own += value
					own = false
				}
			}
			innermost = false
		}
	}
}

// first reports whether the sample in hand has not had this place yet.
func (f *folding) first(p foldKey) bool {
	if f.seen[p] {
		return false
	}
	f.seen[p] = true
	return true
}

func (v *Amount) count(value int64, innermost, first bool) {
	if innermost {
		v.Flat += value
	}
	if first {
		v.Cumulative += value
	}
}

func (f *folding) function(p foldKey, start int64) *Amount {
	fn := f.functions[p]
	if fn == nil {
		fn = &FunctionProfile{Name: p.name, File: p.file, StartLine: int(start)}
		f.functions[p] = fn
	}
	return &fn.Amount
}

func (f *folding) line(p foldKey) *Amount {
	v := f.lines[p]
	if v == nil {
		v = &Amount{}
		f.lines[p] = v
	}
	return v
}

// collect hands the sums on, in an order that does not depend on the map's.
func (f *folding) collect(p *Profile) {
	for at, v := range f.lines {
		fn := f.functions[foldKey{name: at.name, file: at.file, line: wholeFunction}]
		fn.Lines = append(fn.Lines, LineSample{Number: at.line, Amount: *v})
	}
	for _, fn := range f.functions {
		slices.SortFunc(fn.Lines, func(a, b LineSample) int { return cmp.Compare(a.Number, b.Number) })
		if fn.File == builtin {
			p.Builtins = append(p.Builtins, *fn)
		} else {
			p.Functions = append(p.Functions, *fn)
		}
	}
	slices.SortFunc(p.Functions, heaviest)
	slices.SortFunc(p.Builtins, heaviest)
}

func heaviest(a, b FunctionProfile) int {
	return cmp.Or(cmp.Compare(b.Flat, a.Flat), cmp.Compare(b.Cumulative, a.Cumulative),
		cmp.Compare(a.File, b.File), cmp.Compare(a.Name, b.Name))
}
