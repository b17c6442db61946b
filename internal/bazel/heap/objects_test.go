// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"example.invalid/starlark-memls/internal/bazel/heap/filter"
	"example.invalid/starlark-memls/internal/hprof/hproftest"
)

func browse(t *testing.T, h hproftest.Heap) *Browser {
	t.Helper()
	r := h.Open()
	d, err := OpenAt(context.Background(), r, r.Size(), "made", OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return browseDump(t, d)
}

func browseDump(t *testing.T, d *Dump) *Browser {
	t.Helper()
	b, err := d.Browse(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *Browser) ask(t *testing.T, text string, q ObjectQuery) *ObjectList {
	t.Helper()
	f, err := filter.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	q.Filter = f
	l, err := b.Objects(context.Background(), q)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return l
}

// Thirty targets with five strings each, in lists, and a variable with forty.
var someTargets = hproftest.Heap{Targets: 30, Strings: 5, Local: 40}

func TestObjects(t *testing.T) {
	t.Parallel()
	b := browse(t, someTargets)
	for text, want := range map[string]int64{
		"type = list":                31,
		"type = list and length > 5": 1,
		"type = list and length = 5 and target ~ ^//pkg": 30,
		"class = StarlarkList and provider = EatInfo":    30,
		"type = list and owner = EatInfo.records":        30,
		"type = list and size < 1k and retained > 1k":    1,
		"type = EatInfo": 30,
		"type = nothing": 0,
	} {
		if got := b.ask(t, text, ObjectQuery{By: BySize, Top: 3}); got.Matched != want || len(got.Objects) > 3 || got.More != (want > 3) {
			t.Errorf("%s: %d, %d listed, more %v; want %d", text, got.Matched, len(got.Objects), got.More, want)
		}
	}
	longest := b.ask(t, "type = list", ObjectQuery{By: ByRetained, Top: 1, Owners: true, Previews: true}).Objects[0]
	if longest.Length == nil || *longest.Length != 40 || longest.RetainedBytes == nil || *longest.RetainedBytes < 40*48 ||
		longest.Class != "net.starlark.java.eval.StarlarkList" || !strings.HasPrefix(longest.Preview, "[") || !strings.HasPrefix(longest.Function, "_eat_impl") {
		t.Errorf("the variable is %+v", longest)
	}
	if l := b.ask(t, "", ObjectQuery{By: BySize, Top: 1}); l.Objects[0].Preview != "" || l.Objects[0].Target != "" {
		t.Errorf("what nobody asked for is told: %+v", l.Objects[0])
	}
}

// What no filter keeps out adds up to the live heap, and pages are the whole list.
func TestObjectPages(t *testing.T) {
	t.Parallel()
	b := browse(t, someTargets)
	for _, by := range []Order{ByRetained, BySize, ByLength} {
		whole := b.ask(t, "class = StarlarkList or type = string", ObjectQuery{By: by, Top: 1000})
		if whole.More || int64(len(whole.Objects)) != whole.Matched || whole.Matched < 200 {
			t.Fatalf("%d of %d", len(whole.Objects), whole.Matched)
		}
		var pages []Object
		for after := uint64(0); ; after = pages[len(pages)-1].ID {
			page := b.ask(t, "class = StarlarkList or type = string", ObjectQuery{By: by, Top: 7, After: after})
			if pages = append(pages, page.Objects...); page.Matched != whole.Matched {
				t.Fatalf("%d match on one page, %d on all", page.Matched, whole.Matched)
			}
			if !page.More {
				break
			}
		}
		if !slices.EqualFunc(pages, whole.Objects, func(a, b Object) bool { return a.ID == b.ID }) {
			t.Errorf("by %s the pages differ from the whole", by)
		}
	}
	all := b.ask(t, "", ObjectQuery{By: BySize, Top: 1})
	classes := int64(0)
	for at := uint32(0); at < uint32(b.g.Nodes()); at++ {
		if b.g.IsClass(at) && b.g.Strength(at).Live() {
			classes += b.g.ShallowBytes(at)
		}
	}
	if err := b.findDominators(context.Background()); err != nil {
		t.Fatal(err)
	}
	if all.ShallowBytes+classes != b.tree.LiveBytes() {
		t.Errorf("objects %d and classes %d, live %d", all.ShallowBytes, classes, b.tree.LiveBytes())
	}
}

// Dominators and owners are found where a question needs them, and once.
func TestOnlyWhatIsAsked(t *testing.T) {
	t.Parallel()
	b := browse(t, someTargets)
	b.ask(t, "type = list and length > 3", ObjectQuery{By: BySize, Top: 3})
	if b.tree != nil || b.holders != nil {
		t.Error("dominators or owners were found for a question without them")
	}
	b.ask(t, "retained > 1m", ObjectQuery{By: BySize, Top: 3})
	if b.tree == nil || b.holders != nil {
		t.Error("the filter's retained sizes took something else than dominators")
	}
	tree := b.tree
	b.ask(t, "owner = x", ObjectQuery{By: ByRetained, Top: 3})
	if b.holders == nil || b.tree != tree {
		t.Error("owners were not found, or dominators twice")
	}
	stopped, stop := context.WithCancel(context.Background())
	stop()
	f, _ := filter.Parse("")
	if _, err := b.Objects(stopped, ObjectQuery{Filter: f, By: BySize, Top: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled question: %v", err)
	}
	if _, err := b.Objects(context.Background(), ObjectQuery{Filter: f, By: BySize, Top: 1, After: 3}); !errors.Is(err, ErrNoObject) {
		t.Errorf("behind no object: %v", err)
	}
}

func TestInspect(t *testing.T) {
	t.Parallel()
	b := browse(t, someTargets)
	id := b.ask(t, "type = list and length = 40", ObjectQuery{By: BySize, Top: 1}).Objects[0].ID
	inspect := func(id uint64, o InspectOptions) *Inspection {
		t.Helper()
		i, err := b.Inspect(context.Background(), id, o)
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	var elements []Reference
	for from, pages := 0, 0; ; pages++ {
		i := inspect(id, InspectOptions{Top: 9, From: from})
		if elements = append(elements, i.References...); i.NextReference == 0 {
			if pages != 4 {
				t.Errorf("%d elements on %d pages of 9", len(elements), pages+1)
			}
			break
		}
		from = i.NextReference
	}
	if len(elements) != 40 || elements[0].Through != "[0]" || elements[39].Through != "[39]" || elements[39].Type != "string" || elements[39].Preview != "" {
		t.Errorf("%d elements, the last %+v", len(elements), elements[len(elements)-1])
	}
	i := inspect(id, InspectOptions{Top: 100, Previews: true})
	if i.Held != "strong" || i.ReferrerCount != 1 || i.Referrers[0].Through != "[0]" || i.Dominator == nil || i.Dominator.ID != i.Referrers[0].ID || i.References[3].Preview == "" {
		t.Errorf("%+v", i)
	}
	if n := len(i.Alive.Steps); n < 4 || i.Alive.Steps[n-1].ID != id || i.Alive.Root != "Java frame" {
		t.Errorf("the path to the root is %v", i.Alive)
	}
	instance := b.ask(t, "type = EatInfo", ObjectQuery{By: BySize, Top: 1}).Objects[0].ID
	if i := inspect(instance, InspectOptions{Top: 9}); len(i.References) != 1 || i.References[0].Through != "records" || i.References[0].Type != "list" {
		t.Errorf("the instance has %+v", i.References)
	}
	if i := inspect(b.h.d.ClassesNamed("net.starlark.java.eval.StarlarkList")[0].ID, InspectOptions{Top: 9}); i.Type != "class" || i.Length != nil {
		t.Errorf("the class is %+v", i.Object)
	}
	if _, err := b.Inspect(context.Background(), 3, InspectOptions{}); !errors.Is(err, ErrNoObject) {
		t.Errorf("no object: %v", err)
	}
}

// In a dump of Java's own writing: dicts and sets by their entries, and owners by
// each of their names.
func TestInspectStandIn(t *testing.T) {
	t.Parallel()
	b := browseDump(t, openStandIn(t, "bazel6"))
	for _, kind := range []string{"dict", "list", "tuple", "string"} {
		l := b.ask(t, fmt.Sprintf("type = %s and length > 0", kind), ObjectQuery{By: ByLength, Top: 20, Owners: true})
		if len(l.Objects) == 0 {
			continue
		}
		for _, o := range l.Objects {
			i, err := b.Inspect(context.Background(), o.ID, InspectOptions{Top: 1000})
			if err != nil {
				t.Fatal(err)
			}
			want := *o.Length
			if kind == "dict" {
				want *= 2
			}
			if kind != "string" && int64(len(i.References)) != min(want, 1000) {
				t.Errorf("%s of %d has %d references", kind, *o.Length, len(i.References))
			}
			if i.RetainedBytes == nil || *i.RetainedBytes < o.ShallowBytes {
				t.Errorf("%s retains less than itself: %+v", kind, i.Object)
			}
		}
	}
}
