// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/quantity"
	"example.invalid/starlark-memls/internal/report"
	"example.invalid/starlark-memls/internal/retained"
)

type ownersIn struct {
	Path string `json:"path" jsonschema:"a heap dump, a retained.json, or a measurement with one"`
	By   string `json:"by,omitempty" jsonschema:"implementation (rule or aspect; the default), function, field, target or file"`
	Top  int    `json:"top,omitempty" jsonschema:"how many rows (default 10)"`
}

type findingsIn struct {
	Path string `json:"path" jsonschema:"a heap dump, or a measurement with one"`
	Top  int    `json:"top,omitempty" jsonschema:"how many (default 8)"`
}

type aliveIn struct {
	Path string `json:"path" jsonschema:"a heap dump"`
	ID   string `json:"id" jsonschema:"the object's ID, as findings has it"`
}

type compareIn struct {
	A string `json:"a" jsonschema:"before: measurements, a heap dump or a retained.json"`
	B string `json:"b" jsonschema:"after: the same kind"`
}

// measured is the certainty of what was counted.
const measured = "measured"

func (t tools) heap(ctx context.Context, path string) (Heap, error) {
	absolute, err := t.absolute([]string{path})
	if err != nil {
		return Heap{}, err
	}
	return t.Heap(ctx, absolute[0])
}

func (t tools) owners(ctx context.Context, in ownersIn) (*Answer, error) {
	h, err := t.heap(ctx, in.Path)
	if err != nil {
		return nil, err
	}
	return t.holders(h, in.By, in.Top)
}

// holders are the rows of one way of sharing out the heap.
func (t tools) holders(h Heap, by string, top int) (*Answer, error) {
	by, top = cmp.Or(by, "implementation"), cmp.Or(max(top, 0), 10)
	if h.Summary == nil {
		return t.kept(*h.Retained, by, top)
	}
	owners := h.Summary.Owners
	if owners == nil {
		return nil, fmt.Errorf("who holds the memory of this dump is not known: %s", cmp.Or(h.Summary.Unread, strings.Join(h.Summary.Warnings, "; ")))
	}
	view := owners.View(by)
	if len(view.Rows) == 0 {
		return nil, fmt.Errorf("there is no view by %s: it is implementation, function, field, target or file", by)
	}
	a := &Answer{Certainty: measured, Caveats: slices.Clone(h.Summary.Warnings)}
	for _, r := range view.Rows {
		if len(a.Rows) < top && r.Objects > 0 {
			row := t.row(holder(r.Kind, r.Name), t.ownerPlace(r), r.RetainedBytes, r.Objects, r.Nodes, owners.LiveBytes)
			row.bazels = r.Kind == heap.KindBazel || r.Kind == heap.KindThreads || r.Kind == "skyframe"
			a.Rows = append(a.Rows, row)
		}
	}
	a.Verdict, a.Omitted = t.most(a.Rows, owners.LiveBytes), len(view.Rows)-len(a.Rows)
	return a, nil
}

// kept are the rows of a retained.json.
func (t tools) kept(r heap.Retained, by string, top int) (*Answer, error) {
	kinds := map[string][]string{"implementation": {"rule", "aspect", "bzl", "package", "bazel", "shared"}, "function": {"function", "bzl", "package", "bazel", "shared"}, "field": {"provider_field"}}[by]
	if kinds == nil {
		return nil, fmt.Errorf("a retained.json has no view by %s: it has implementation, function and field", by)
	}
	a := &Answer{Certainty: measured}
	for _, o := range r.Owners {
		if slices.Contains(kinds, o.Kind) {
			a.Omitted++
			if len(a.Rows) < top {
				row := t.row(holder(o.Kind, o.Name), t.placeOf(o.Name, o.File, o.Line), o.RetainedBytes, o.Objects, o.Targets, r.LiveBytes)
				row.bazels = o.Kind == heap.KindBazel
				a.Rows = append(a.Rows, row)
			}
		}
	}
	slices.SortStableFunc(a.Rows, func(x, y TableRow) int { return cmp.Compare(y.Numbers["retained_bytes"], x.Numbers["retained_bytes"]) })
	a.Omitted -= len(a.Rows)
	a.Verdict = t.most(a.Rows, r.LiveBytes)
	return a, nil
}

func (t tools) row(name string, at *AnswerPlace, bytes, objects, targets, live int64) TableRow {
	r := TableRow{Name: name, Place: at, Note: quantity.Bytes(bytes), Numbers: map[string]float64{"retained_bytes": float64(bytes), "objects": float64(objects)}}
	if live > 0 {
		r.Note += ", " + quantity.Share(float64(bytes)/float64(live)) + " of the live heap"
	}
	if targets > 0 {
		r.Numbers["targets"] = float64(targets)
	}
	return r
}

// holder names a holder with its kind; what is nobody's has a name that says so.
func holder(kind, name string) string {
	switch kind {
	case heap.KindBazel, heap.KindShared, heap.KindThreads, heap.KindRest:
		return name
	}
	return kind + " " + name
}

// most names the holder of most that somebody can change.
func (t tools) most(rows []TableRow, live int64) string {
	for _, r := range rows {
		if r.bazels {
			continue
		}
		text := fmt.Sprintf("Of a live heap of %s, the largest part that is not Bazel's own: %s, %s.", quantity.Bytes(live), r.Name, r.Note)
		if p := r.Place; p != nil && p.File != "" {
			text += fmt.Sprintf(" See %s:%d.", p.File, p.Line)
		}
		return text
	}
	return fmt.Sprintf("Of a live heap of %s, all is Bazel's own.", quantity.Bytes(live))
}

func (t tools) ownerPlace(o heap.Owner) *AnswerPlace {
	switch {
	case o.Made != nil && o.Made.File != "":
		return t.placeOf("", o.Made.File, o.Made.Line)
	case o.Function != nil && o.Function.Place.File != "":
		return t.placeOf(o.Function.Name, o.Function.Place.File, o.Function.Place.Line)
	}
	return nil
}

func (t tools) placeOf(function, file string, line int) *AnswerPlace {
	if file == "" {
		return nil
	}
	c := concluded{o: report.Options{Root: t.Root}}
	return &AnswerPlace{function, c.path(file), line}
}

func (t tools) findings(ctx context.Context, in findingsIn) (*Answer, error) {
	h, err := t.heap(ctx, in.Path)
	if err != nil {
		return nil, err
	}
	if h.Summary == nil {
		return nil, errors.New("a retained.json has no findings: give a heap dump")
	}
	top := cmp.Or(max(in.Top, 0), 8)
	a := &Answer{Certainty: measured, Verdict: "Nothing wasteful was found in this heap.", Caveats: slices.Clone(h.Summary.Warnings)}
	for i, f := range h.Summary.Findings {
		if i == top {
			a.Omitted = len(h.Summary.Findings) - top
			break
		}
		row := TableRow{Name: f.Message, Note: f.Advice, Numbers: map[string]float64{"bytes": float64(f.Bytes), "count": float64(f.Count)}}
		if f.Saves > 0 {
			row.Numbers["saves_bytes"] = float64(f.Saves)
		}
		if f.ID != 0 {
			row.Note = strings.TrimSpace(row.Note + " (an example: id " + strconv.FormatUint(f.ID, 10) + ")")
		}
		switch {
		case f.Made != nil:
			row.Place = t.placeOf("", f.Made.File, f.Made.Line)
		case f.Function != nil:
			row.Place = t.placeOf(f.Function.Name, f.Function.Place.File, f.Function.Place.Line)
		}
		a.Rows = append(a.Rows, row)
	}
	if len(a.Rows) > 0 {
		first := h.Summary.Findings[0]
		a.Verdict, a.Change = fmt.Sprintf("The largest of %d: %s.", len(h.Summary.Findings), first.Message), a.Rows[0].Place
		if first.Advice != "" {
			a.Next = []string{first.Advice}
		}
	}
	return a, nil
}

func (t tools) whyAlive(ctx context.Context, in aliveIn) (*Answer, error) {
	id, err := strconv.ParseUint(in.ID, 0, 64)
	if err != nil {
		return nil, fmt.Errorf("%q is not the ID of an object: take one from findings", in.ID)
	}
	path, err := t.absolute([]string{in.Path})
	if err != nil {
		return nil, err
	}
	root, steps, err := t.Alive(ctx, path[0], id)
	if err != nil {
		return nil, err
	}
	a := &Answer{Certainty: measured, Verdict: fmt.Sprintf("It is alive by a path of %d objects from a root of the kind %q.", len(steps), root)}
	for _, s := range steps {
		a.Rows = append(a.Rows, TableRow{Name: s.Class, Note: s.Through, Numbers: map[string]float64{"bytes": float64(s.Bytes)}})
	}
	return a, nil
}

func (t tools) compare(ctx context.Context, in compareIn) (*Answer, error) {
	if isHeap(in.A) != isHeap(in.B) {
		return nil, errors.New("a heap is compared with a heap, and measurements with measurements")
	}
	if isHeap(in.A) {
		return t.compareHeaps(ctx, in)
	}
	a, err := t.conclude(ctx, []string{in.A})
	if err != nil {
		return nil, err
	}
	b, err := t.conclude(ctx, []string{in.B})
	if err != nil {
		return nil, err
	}
	c := attribution.Compare(a.Report, b.Report)
	out := &Answer{Certainty: measured, Verdict: fmt.Sprintf("%d of %d builds crashed before, %d of %d after.", c.A.Crashed, c.A.Measured, c.B.Crashed, c.B.Measured)}
	for i, d := range c.Functions {
		if i == 10 {
			out.Omitted = len(c.Functions) - i
			break
		}
		row := TableRow{Name: d.Name, Note: change(d.Self.Better(), d.Self.Worse()), Numbers: map[string]float64{"self_micros_a": d.SelfA, "self_micros_b": d.SelfB, "calls_a": d.CallsA, "calls_b": d.CallsB}}
		for _, v := range d.Values {
			if v.A == v.A {
				row.Numbers[v.Measure.ID+"_a"] = v.A
			}
			if v.B == v.B {
				row.Numbers[v.Measure.ID+"_b"] = v.B
			}
		}
		for _, s := range []*attribution.Suspect{d.B, d.A} {
			if s != nil && row.Place == nil {
				row.Place = b.place(s)
			}
		}
		out.Rows = append(out.Rows, row)
	}
	return out, nil
}

// change says how self time changed, beyond chance or not.
func change(better, worse bool) string {
	switch {
	case worse:
		return "self time grew beyond chance"
	case better:
		return "self time fell beyond chance"
	}
	return "self time: no change beyond chance"
}

func isHeap(path string) bool {
	for _, end := range []string{".hprof", ".hprof.gz", ".hprof.zst", ".hprof.zip", "retained.json"} {
		if strings.HasSuffix(path, end) {
			return true
		}
	}
	return false
}

func (t tools) compareHeaps(ctx context.Context, in compareIn) (*Answer, error) {
	var both [2]heap.Retained
	for i, path := range []string{in.A, in.B} {
		h, err := t.heap(ctx, path)
		if err != nil {
			return nil, err
		}
		known := false
		if both[i], known = h.retained(); !known {
			return nil, fmt.Errorf("%s: who holds its memory is not known", path)
		}
	}
	return t.changes(both[0], both[1]), nil
}

func (h Heap) retained() (heap.Retained, bool) {
	if h.Retained != nil {
		return *h.Retained, true
	}
	return h.Summary.Retained()
}

// changes are what came and went between two heaps.
func (t tools) changes(before, after heap.Retained) *Answer {
	if t.Root != "" {
		before, after = before.RelativeTo(t.Root), after.RelativeTo(t.Root)
	}
	a := &Answer{Certainty: measured, Verdict: fmt.Sprintf("The live heap was %s and is %s.", quantity.Bytes(before.LiveBytes), quantity.Bytes(after.LiveBytes))}
	for _, c := range retained.Compare(retained.One(before), retained.One(after)).Changes {
		if !c.Real() {
			continue
		}
		if len(a.Rows) == 12 {
			a.Omitted++
			continue
		}
		note := quantity.Bytes(c.Growth()) + " more"
		if c.Growth() < 0 {
			note = quantity.Bytes(-c.Growth()) + " less"
		}
		a.Rows = append(a.Rows, TableRow{Name: holder(c.Kind, c.Name), Place: t.placeOf("", c.File, c.Line), Note: note + " (" + string(c.Verdict) + ")",
			Numbers: map[string]float64{"before_bytes": float64(c.Before.Bytes), "after_bytes": float64(c.After.Bytes), "objects_change": float64(c.After.Objects - c.Before.Objects), "targets_change": float64(c.After.Targets - c.Before.Targets)}})
	}
	if len(a.Rows) > 0 {
		a.Verdict += fmt.Sprintf(" Most changed %s: %s.", a.Rows[0].Name, a.Rows[0].Note)
	}
	return a
}
