// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/quantity"
)

// Who holds the live heap. Every view divides the same heap, so the rows of
// each add up to it; what was left out of a table is in its last row.

// viewTitles are the views in the order in which they name a culprit.
var viewTitles = []struct{ by, title string }{
	{"implementation", "Retained by rule, aspect, .bzl file and package"},
	{"function", "Retained by implementing function"},
	{"field", "Retained by provider and field, and where the instance was made"},
	{"target", "Retained by target"},
	{"file", "Retained by .bzl file"},
}

func (t heapText) owners() {
	o := t.s.Owners
	if o == nil {
		t.line("")
		t.line("Who holds the memory is not known.")
		return
	}
	for _, v := range viewTitles {
		view := o.View(v.by)
		if len(view.Rows) == 0 || t.brief && v.by != "function" && v.by != "field" {
			continue
		}
		t.line("")
		t.line("%s", v.title)
		t.view(view, o.LiveBytes)
	}
	t.legend(o)
}

// legend says what the rows without a name of the sources are.
func (t heapText) legend(o *heap.Owners) {
	var said []string
	for _, r := range o.View("function").Rows {
		switch {
		case r.RetainedBytes == 0:
		case r.Kind == heap.KindShared:
			said = append(said, "What several rows share is freed only when all of them go.")
		case r.Kind == heap.KindBazel:
			said = append(said, "Bazel itself: what no Starlark code holds alone.")
		}
	}
	said = append(said, "Nodes are Skyframe's: a target, an aspect on one, an action, a .bzl file.")
	t.line("")
	t.lines(wrap(strings.Join(said, " "), "", ""))
}

// leastShown is the part of the live heap, as its reciprocal, below which a row
// is among the others where nobody asked for more.
const leastShown = 1000

func (t heapText) view(v heap.View, live int64) {
	n := t.o.limit(len(v.Rows))
	if t.o.Top == 0 {
		n = min(n, defaultTop)
	}
	rows := [][]string{{"bytes", "", "objects", "held by"}}
	add := func(bytes, objects int64, name string) {
		rows = append(rows, []string{quantity.Bytes(bytes), part(bytes, live), thousands(objects), name})
	}
	var bytes, objects int64
	left, rest := 0, false
	for i := range v.Rows {
		r := &v.Rows[i]
		if r.RetainedBytes == 0 && heapOwnerOfNone(r.Kind) {
			continue
		}
		if r.Kind == heap.KindRest {
			bytes, objects, rest = bytes+r.RetainedBytes, objects+r.Objects, true
			continue
		}
		if (i >= n || t.o.Top == 0 && r.RetainedBytes < live/leastShown) && !heapOwnerOfNone(r.Kind) {
			bytes, objects, left = bytes+r.RetainedBytes, objects+r.Objects, left+1
			continue
		}
		add(r.RetainedBytes, r.Objects, printable(t.o.owner(r)))
		for _, f := range heldByFrames(r) {
			rows = append(rows, []string{"", "", "", printable("  " + t.o.frames(f))})
		}
	}
	switch {
	case rest:
		add(bytes, objects, "all others")
	case left > 0:
		add(bytes, objects, quantity.Count(left, "other", "others"))
	}
	add(live, sumObjects(v), "the live heap")
	for _, l := range columns(rows, func(column int) bool { return column < 3 }) {
		t.line("  %s", l)
	}
}

// heldByFrames are the calls under way that hold a tenth of a row or more, three
// at most.
func heldByFrames(r *heap.Owner) []heap.FrameShare {
	n := 0
	for n < min(3, len(r.Frames)) && r.Frames[n].RetainedBytes > 0 && 10*r.Frames[n].RetainedBytes >= r.RetainedBytes {
		n++
	}
	return r.Frames[:n]
}

// frames says how calls under way hold their part: "108 MiB in variables of a
// call by _docs_impl at helper/defs.bzl:13".
func (o Options) frames(f heap.FrameShare) string {
	text := quantity.Bytes(f.RetainedBytes) + " in variables of "
	if f.Calls == 1 {
		text += "a call"
	} else {
		text += thousands(f.Calls) + " calls"
	}
	if f.Caller == nil {
		return text + " under way"
	}
	text += " by " + f.Caller.Name
	if f.Caller.Place.File != "" {
		at := f.Caller.Place
		if f.Line > 0 {
			at.Line = f.Line
		}
		text += " at " + o.placesIn(at.String())
	}
	if f.Entry != nil && f.Entry.Name != f.Caller.Name {
		text += ", for " + f.Entry.Name
	}
	return text
}

func heapOwnerOfNone(kind string) bool {
	return slices.Contains([]string{heap.KindShared, heap.KindBazel, heap.KindThreads, heap.KindRest}, kind)
}

func sumObjects(v heap.View) (n int64) {
	for i := range v.Rows {
		n += v.Rows[i].Objects
	}
	return n
}

// owner names a row: "aspect //memory:eat.bzl%traverse, traverse_impl at
// memory/eat.bzl:55".
func (o Options) owner(r *heap.Owner) string {
	name := o.placesIn(r.Name)
	switch r.Kind {
	case heap.KindShared:
		name = sharedName
	case heap.KindBazel, heap.KindThreads, heap.KindRest, "field", "file":
	case "function":
		if r.Function != nil && r.Function.Place.File != "" && r.Function.Name != "" {
			name = r.Function.Name + " at " + o.placesIn(r.Function.Place.String())
		}
	default:
		name = r.Kind + " " + name
		if f := r.Function; f != nil && f.Name != "" && f.Place.File != "" {
			name += ", " + f.Name + " at " + o.placesIn(f.Place.String())
		}
	}
	if r.Nodes > 1 && r.Kind != heap.KindRest {
		what := "nodes"
		if r.Kind == "field" {
			what = "instances"
		}
		name += fmt.Sprintf(" (%s %s)", thousands(r.Nodes), what)
	}
	return name
}

// sharedName is how a table names what only the removal of several rows frees.
const sharedName = "shared by several rows"

// part is a share of the whole as "71 %"; what is below a half is nothing.
func part(n, whole int64) string {
	if whole <= 0 {
		return ""
	}
	return quantity.Share(float64(n) / float64(whole))
}

// thousands writes 29000000 as "29,000,000".
func thousands(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// OwnerName names a row of a retained.json: "traverse_impl memory/eat.bzl:55".
func OwnerName(o heap.RetainedOwner) string {
	switch {
	case o.Kind == heap.KindShared:
		return sharedName
	case o.Kind == "bzl":
		return "top level of " + o.Name
	case o.Kind == "function" && strings.HasPrefix(o.Name, "<"): // without a file, as this program wrote it at first
		return "top level of a .bzl file"
	case o.Kind == "rule", o.Kind == "aspect", o.Kind == "package":
		return o.Kind + " " + o.Name
	case o.File != "" && o.Line > 0:
		return o.Name + " " + position(o.File, o.Line, 0)
	}
	return o.Name
}
