// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"cmp"
	"context"
	"slices"

	"example.invalid/starlark-memls/internal/hprof"
)

// Whose is what only a stack holds? The bytes that hang on a frame's variables
// are that frame's function's: a helper that collects a million rows in a list of
// its own holds them, and the rule that called it does not. Where several frames
// of a stack have the same value, it is the outermost's, which handed it on. What
// only the interpreter's Java frames hold (a list that is being written down, an
// argument on its way) is that frame's whose code is under way there. And what
// somebody beside the stacks holds as well (a dependency's provider that a
// variable refers to) is theirs: a stack passes.

// A stackShare is one claim on what only stacks hold: by a frame, by a thread's
// own object, or by Java frames.
type stackShare struct {
	row    hprof.Owner
	thread uint32 // the claims of one thread do not share, the first has it
	roots  []uint32
	apart  uint32      // the frame's or the thread's own object
	frame  *FrameShare // of a Starlark frame
}

// A FrameShare is what hangs on the variables of a function's calls under way
// that one function made.
type FrameShare struct {
	Caller *Function `json:"caller,omitempty"` // nil: called by Bazel
	// Line is where the caller stands, where the call was made.
	Line int `json:"line,omitempty"`
	// Entry is the function that Bazel called, outermost on those stacks.
	Entry *Function `json:"entry,omitempty"`
	// Label is the target, package or file of the largest of the calls.
	Label         string `json:"label,omitempty"`
	RetainedBytes int64  `json:"retained_bytes"`
	Objects       int64  `json:"objects"`
	Calls         int64  `json:"calls"`
}

// claimStack enters a thread's claims, in their order: its frames from the
// outermost, the Java frames by the Starlark frame whose code they run, and what
// else hangs on the thread (a package under construction). rowOf tells the row of
// a frame, thread is that of the rest.
func (v *viewBuilder) claimStack(h *Dump, g *hprof.Graph, t Thread, thread hprof.Owner, rowOf func(CallFrame) hprof.Owner) {
	v.plant(g.Number(t.id), hprof.Passing)
	number := uint32(len(v.stacks)) | 1<<31 // no serial of a Java thread
	rows := map[uint64]hprof.Owner{}
	for i := len(t.Frames) - 1; i >= 0; i-- {
		f := t.Frames[i]
		if f.Function.Builtin {
			continue
		}
		share := frameShare(t, i)
		rows[f.id] = rowOf(f)
		own := g.Number(f.id)
		v.plant(own, hprof.Passing)
		roots := []uint32{own}
		for _, l := range f.Locals {
			roots = append(roots, g.Number(l.ID)) // 0.29's and 2.1's frames do not hold their own
		}
		v.stacks = append(v.stacks, stackShare{row: rows[f.id], thread: number, roots: roots, apart: own, frame: &share})
	}
	if t.serial != 0 {
		v.claimJava(h, g, t, number, rows)
	}
	rest := thread
	if n := len(t.Frames); n > 0 && t.Owner.Kind != Package && t.Owner.Kind != Macro {
		rest = cmp.Or(rows[t.Frames[n-1].id], thread)
	}
	own := g.Number(t.id)
	v.stacks = append(v.stacks, stackShare{row: rest, thread: number, roots: []uint32{own}, apart: own})
}

// claimJava enters what Java frames hold. A Java frame of the interpreter works
// for the Starlark frame that it, or the next Java frame around it, refers to.
func (v *viewBuilder) claimJava(h *Dump, g *hprof.Graph, t Thread, number uint32, rows map[uint64]hprof.Owner) {
	type hold struct {
		at    uint32
		depth uint32
	}
	var holds []hold
	var works []hprof.Root // frames of Starlark, by the depth of the Java frame
	for r := range h.d.Roots() {
		if r.Thread != t.serial || r.Kind != hprof.RootJavaFrame && r.Kind != hprof.RootJNILocal {
			continue
		}
		if _, ok := rows[r.ID]; ok {
			works = append(works, r)
			continue
		}
		if r.ID != t.id {
			holds = append(holds, hold{g.Number(r.ID), r.Frame})
		}
	}
	slices.SortStableFunc(works, func(a, b hprof.Root) int { return cmp.Compare(a.Frame, b.Frame) })
	innermost := ownFrame(t)
	byRow := map[hprof.Owner][]uint32{}
	var order []hprof.Owner
	for _, hd := range holds {
		i, _ := slices.BinarySearchFunc(works, hd.depth, func(r hprof.Root, depth uint32) int { return cmp.Compare(r.Frame, depth) })
		var row hprof.Owner
		switch {
		case i < len(works):
			row = rows[works[i].ID]
		case len(works) == 0 && innermost != nil: // 2.1's Java frames name no frame of Starlark
			row = rows[innermost.id]
		default:
			continue // around all Starlark: Bazel's own
		}
		if byRow[row] == nil {
			order = append(order, row)
		}
		byRow[row] = append(byRow[row], hd.at)
	}
	for i := len(order) - 1; i >= 0; i-- { // the outermost first, as frames
		v.stacks = append(v.stacks, stackShare{row: order[i], thread: number, roots: byRow[order[i]], apart: hprof.None})
	}
}

// ownFrame is the innermost frame with code of Starlark, nil where there is none.
func ownFrame(t Thread) *CallFrame {
	for i := range t.Frames {
		if !t.Frames[i].Function.Builtin {
			return &t.Frames[i]
		}
	}
	return nil
}

// frameShare says who called the frame at i.
func frameShare(t Thread, i int) FrameShare {
	s := FrameShare{Label: t.Owner.Label}
	for k := i + 1; k < len(t.Frames); k++ {
		if f := t.Frames[k]; !f.Function.Builtin {
			fn := f.Function
			if s.Caller == nil {
				s.Caller, s.Line = &fn, f.Place.Line
			}
			s.Entry = &fn
		}
	}
	return s
}

// rootsOf are what a Java thread's frames hold.
func (h *Dump) rootsOf(g *hprof.Graph, serial uint32) []uint32 {
	var out []uint32
	for r := range h.d.Roots() {
		if r.Thread == serial && (r.Kind == hprof.RootJavaFrame || r.Kind == hprof.RootJNILocal) {
			out = append(out, g.Number(r.ID))
		}
	}
	return out
}

// divideStacks gives what only stacks hold to the claims. Each claim has a number
// of its own behind the rows' while it is decided; an object that claims of two
// threads reach is shared, with all below it. Linear: each object is given at most
// once and shared at most once.
func (v *viewBuilder) divideStacks(ctx context.Context, g *hprof.Graph) error {
	first := hprof.FirstOwner + hprof.Owner(len(v.rows))
	walk := g.Worklist()
	// A frame refers to its thread, and a thread to its frames: no claim goes on
	// from one to the other.
	apart := map[uint32]bool{}
	for _, claim := range v.stacks {
		if claim.apart != hprof.None {
			apart[claim.apart] = true
		}
	}
	for i, claim := range v.stacks {
		own := first + hprof.Owner(i)
		give := func(at uint32, to hprof.Owner) {
			if at == hprof.None {
				return
			}
			switch had := v.owner(at); {
			case had == hprof.Passing:
				if apart[at] && at != claim.apart {
					return
				}
			case had < first || had >= first+hprof.Owner(len(v.stacks)) || had == own:
				return
			default:
				if other := v.stacks[had-first]; to == own && (other.thread == claim.thread || other.row == claim.row) {
					return
				}
				to = hprof.Shared
			}
			v.answers.Set(v.number, at, to)
			walk.Push(at)
		}
		for _, at := range claim.roots {
			give(at, own)
		}
		for {
			at, refs, ok, err := walk.Next(ctx)
			if err != nil {
				return err
			}
			if !ok {
				break
			}
			owner := v.owner(at)
			for _, to := range g.Keeps(at, refs) {
				if to != hprof.None && g.Strength(to).Live() {
					give(to, owner)
				}
			}
		}
	}
	v.answers.Each(v.number, func(o hprof.Owner, objects, bytes int64) {
		if o < first || o >= first+hprof.Owner(len(v.stacks)) {
			return
		}
		if frame := v.stacks[o-first].frame; frame != nil {
			frame.Objects += objects
			frame.RetainedBytes += bytes
		}
	})
	v.answers.Rename(v.number, func(o hprof.Owner) hprof.Owner {
		if o < first || o >= first+hprof.Owner(len(v.stacks)) {
			return o
		}
		return v.stacks[o-first].row
	})
	v.addFrames()
	return nil
}

// addFrames tells each row by whose calls its frames came to what they hold.
func (v *viewBuilder) addFrames() {
	if v.by != "function" {
		return
	}
	for _, claim := range v.stacks {
		f := claim.frame
		if f == nil || claim.row < hprof.FirstOwner || int(claim.row-hprof.FirstOwner) >= len(v.rows) {
			continue
		}
		row := &v.rows[claim.row-hprof.FirstOwner]
		i := slices.IndexFunc(row.Frames, func(o FrameShare) bool { return o.sameCaller(*f) })
		if i < 0 {
			i = len(row.Frames)
			row.Frames = append(row.Frames, FrameShare{Caller: f.Caller, Line: f.Line, Entry: f.Entry, Label: f.Label})
		}
		o := &row.Frames[i]
		o.RetainedBytes, o.Objects, o.Calls = o.RetainedBytes+f.RetainedBytes, o.Objects+f.Objects, o.Calls+1
	}
	for i := range v.rows {
		slices.SortStableFunc(v.rows[i].Frames, func(a, b FrameShare) int { return cmp.Compare(b.RetainedBytes, a.RetainedBytes) })
	}
}

func (s FrameShare) sameCaller(o FrameShare) bool {
	same := func(a, b *Function) bool { return a == b || a != nil && b != nil && *a == *b }
	return same(s.Caller, o.Caller) && same(s.Entry, o.Entry)
}
