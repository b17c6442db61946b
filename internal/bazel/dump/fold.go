package dump

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/google/pprof/profile"
)

// builtin is the file name that Bazel gives its own functions.
const builtin = "<builtin>"

// toplevel is the name of a file's own code in every other output of Bazel's.
const toplevel = "<toplevel>"

// place is a function, or with line a line of it.
type place struct {
	name, file string
	line       int // wholeFunction: all of it
}

// wholeFunction is no line: real ones start at 0 (a builtin's).
const wholeFunction = -1

// folding is the state of one pass over the samples. Bazel does not aggregate
// them: equal stacks repeat, one each sampled object or tick.
type folding struct {
	functions map[place]*Function
	lines     map[place]*Value
	seen      map[place]bool // of the sample in hand
}

// fold adds up a profile's samples by function and line.
func fold(ctx context.Context, raw *profile.Profile) (*Profile, error) {
	index, kind := -1, Kind("")
	for i, t := range raw.SampleType {
		if t != nil && (t.Type == string(Allocation) || t.Type == string(CPU)) {
			index, kind = i, Kind(t.Type)
		}
	}
	if index < 0 {
		return nil, fmt.Errorf("reading pprof file: its sample type is none of Bazel's (memory, CPU)")
	}
	p := &Profile{Kind: kind, DurationMicros: raw.DurationNanos / 1000, StartMillis: raw.TimeNanos / 1_000_000}
	f := folding{functions: map[place]*Function{}, lines: map[place]*Value{}, seen: map[place]bool{}}
	for i, sample := range raw.Sample {
		if i%4096 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if index >= len(sample.Value) {
			continue
		}
		p.Samples++
		p.Total += sample.Value[index]
		f.add(sample, sample.Value[index])
	}
	p.Grain = interval[kind]
	if p.Samples > 0 {
		p.Grain = p.Total / int64(p.Samples)
	}
	f.collect(p)
	return p, nil
}

// add counts one sample: flat for its innermost frame, cumulative once for
// each function and line that is anywhere on the stack.
func (f *folding) add(sample *profile.Sample, value int64) {
	clear(f.seen)
	innermost, own := true, true
	for _, location := range sample.Location {
		if location == nil {
			continue // its definition was behind the cut
		}
		for _, line := range location.Line {
			if line.Function == nil {
				continue
			}
			name := line.Function.Name
			if name == line.Function.Filename {
				name = toplevel // 4.2.3's CPU profiler names a file's own code after the file
			}
			fn := place{name: name, file: line.Function.Filename, line: wholeFunction}
			at := fn
			at.line = int(line.Line)
			whole := f.function(fn, line.Function.StartLine)
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
func (f *folding) first(p place) bool {
	if f.seen[p] {
		return false
	}
	f.seen[p] = true
	return true
}

func (v *Value) count(value int64, innermost, first bool) {
	if innermost {
		v.Flat += value
		v.FlatSamples++
	}
	if first {
		v.Cumulative += value
		v.CumulativeSamples++
	}
}

func (f *folding) function(p place, start int64) *Value {
	fn := f.functions[p]
	if fn == nil {
		fn = &Function{Name: p.name, File: p.file, StartLine: int(start)}
		f.functions[p] = fn
	}
	return &fn.Value
}

func (f *folding) line(p place) *Value {
	v := f.lines[p]
	if v == nil {
		v = &Value{}
		f.lines[p] = v
	}
	return v
}

// collect hands the sums on, in an order that does not depend on the map's.
func (f *folding) collect(p *Profile) {
	for at, v := range f.lines {
		v.FlatError = standardError(v.FlatSamples, p.Grain)
		fn := f.functions[place{name: at.name, file: at.file, line: wholeFunction}]
		fn.Lines = append(fn.Lines, Line{Number: at.line, Value: *v})
	}
	for _, fn := range f.functions {
		fn.FlatError = standardError(fn.FlatSamples, p.Grain)
		slices.SortFunc(fn.Lines, func(a, b Line) int { return cmp.Compare(a.Number, b.Number) })
		if fn.File == builtin {
			p.Builtins = append(p.Builtins, *fn)
		} else {
			p.Functions = append(p.Functions, *fn)
		}
	}
	slices.SortFunc(p.Functions, heaviest)
	slices.SortFunc(p.Builtins, heaviest)
}

func heaviest(a, b Function) int {
	return cmp.Or(cmp.Compare(b.Flat, a.Flat), cmp.Compare(b.Cumulative, a.Cumulative),
		cmp.Compare(a.File, b.File), cmp.Compare(a.Name, b.Name))
}
