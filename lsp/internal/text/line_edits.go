// SPDX-License-Identifier: Apache-2.0

package text

// Where a line went.
//
// Analysis lags behind typing. To put a mark where it belongs in the text of
// this moment, without parsing anything, each version of a document remembers
// which lines its change replaced; a mark's line is taken through the changes
// that came after the analysis it is from. That is exact for every line that
// was not itself edited; a line that was replaced maps to the place of the
// replacement and is said to be touched.

import (
	"cmp"
	"slices"
)

// A lineEdit replaced old lines by new ones: count of lines, from 0.
type lineEdit struct {
	version  int64 // of the server's own count, rising over all documents
	start    int   // the first line that was touched
	old, new int   // how many lines it was, and is
}

// apply takes a line through the edit.
func (e lineEdit) apply(line int) (moved int, touched bool) {
	switch {
	case line < e.start:
		return line, false
	case line >= e.start+e.old:
		return line + e.new - e.old, false
	default:
		return min(line, e.start+max(e.new, 1)-1), true
	}
}

// Shift takes a line through all edits after a version.
func Shift(edits []lineEdit, after int64, line int) (moved int, touched bool) {
	for _, e := range edits {
		if e.version <= after {
			continue
		}
		var t bool
		line, t = e.apply(line)
		touched = touched || t
	}
	return line, touched
}

// maxHunks is how many places a change of the whole text is told apart in; one
// that is in more is taken for one from its first to its last.
const maxHunks = 64

// diffLines are the edits that lead from one text's lines to another's, for a
// change that came as a whole text: last first, so that none moves another.
// Lines that both texts have once hold it together (a patience diff): what a
// def is above and below of stays so, whatever changes around it.
func diffLines(before, after []string) []lineEdit {
	whole, ok := trimCommon(before, after, 0, 0)
	if !ok {
		return nil
	}
	edits := hunks(before, after, whole)
	if len(edits) > maxHunks {
		return []lineEdit{whole.edit()}
	}
	slices.Reverse(edits)
	return edits
}

// A region is lines [b0,b1) of one text that became [a0,a1) of another.
type region struct{ b0, b1, a0, a1 int }

// edit is as applied after all edits below it.
func (r region) edit() lineEdit {
	return lineEdit{start: r.b0, old: r.b1 - r.b0, new: r.a1 - r.a0}
}

// trimCommon is what differs between the common head and the common tail of
// two texts, which begin at some lines; false where nothing does.
func trimCommon(before, after []string, b0, a0 int) (region, bool) {
	head := 0
	for head < len(before) && head < len(after) && before[head] == after[head] {
		head++
	}
	tail := 0
	for tail < len(before)-head && tail < len(after)-head &&
		before[len(before)-1-tail] == after[len(after)-1-tail] {
		tail++
	}
	r := region{b0 + head, b0 + len(before) - tail, a0 + head, a0 + len(after) - tail}
	return r, r.b0 < r.b1 || r.a0 < r.a1
}

// hunks are the edits within a region, first first.
func hunks(before, after []string, r region) []lineEdit {
	anchors := anchors(before[r.b0:r.b1], after[r.a0:r.a1])
	var edits []lineEdit
	b, a := r.b0, r.a0
	for i := 0; i <= len(anchors); i++ {
		nextB, nextA := r.b1, r.a1
		if i < len(anchors) {
			nextB, nextA = r.b0+anchors[i].b, r.a0+anchors[i].a
		}
		if between, ok := trimCommon(before[b:nextB], after[a:nextA], b, a); ok {
			edits = append(edits, between.edit())
		}
		b, a = nextB+1, nextA+1
	}
	return edits
}

type anchor struct{ b, a int }

// anchors are the lines that both texts have exactly once, as many of them as
// stand in the same order.
func anchors(before, after []string) []anchor {
	type seen struct{ b, a, inB, inA int }
	lines := map[string]*seen{}
	for i, line := range before {
		if lines[line] == nil {
			lines[line] = &seen{}
		}
		lines[line].b = i
		lines[line].inB++
	}
	for i, line := range after {
		if l := lines[line]; l != nil {
			l.a = i
			l.inA++
		}
	}
	// The longest run that rises in both, by piles: each pile's top is the
	// smallest line that a run of that length can end in.
	var once []anchor
	for i, line := range before {
		if l := lines[line]; l.b == i && l.inB == 1 && l.inA == 1 {
			once = append(once, anchor{l.b, l.a})
		}
	}
	var piles, previous []int // indices into once
	for i, one := range once {
		at, _ := slices.BinarySearchFunc(piles, one.a, func(top, a int) int { return cmp.Compare(once[top].a, a) })
		before := -1
		if at > 0 {
			before = piles[at-1]
		}
		previous = append(previous, before)
		if at == len(piles) {
			piles = append(piles, i)
		} else {
			piles[at] = i
		}
	}
	var run []anchor
	if len(piles) > 0 {
		for i := piles[len(piles)-1]; i >= 0; i = previous[i] {
			run = append(run, once[i])
		}
	}
	slices.Reverse(run)
	return run
}
