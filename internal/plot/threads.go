// SPDX-License-Identifier: Apache-2.0

package plot

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"example.invalid/starlark-memls/internal/bazel/trace"
)

// ErrNoCalls is that of a profile without Starlark.
var ErrNoCalls = errors.New("this profile has no Starlark call: none lasted 50 ms, or it was cut before any was written")

const (
	// shownMicros is how much of the end is drawn.
	shownMicros = 10_000_000
	// keptCalls bounds the calls that are kept for it.
	keptCalls = 1 << 16
	lanes     = 10
)

// A CallBar is one recorded call of a Starlark function.
type CallBar struct {
	Name                   string
	Thread                 int64
	StartMicros, EndMicros int64
}

// A callWindow keeps the calls that may lie within the end of the profile.
type callWindow struct{ *trace.EndWindow[CallBar] }

func newCallWindow() callWindow { return callWindow{trace.NewWindow[CallBar](shownMicros, keptCalls)} }

func (w callWindow) add(e *trace.Event) {
	if e.Category == trace.CategoryStarlarkCall && e.HasDuration {
		w.Add(e.EndMicros(), CallBar{e.Name, e.Thread, e.StartMicros, e.EndMicros()})
	}
}

func (w callWindow) calls() (calls []CallBar) {
	for _, e := range w.Ended() {
		calls = append(calls, e.About)
	}
	return calls
}

// Threads draws what each thread's Starlark did in the last ten seconds of it,
// with the collections that stopped all of them.
func Threads(p *Profile) (*Picture, error) {
	if len(p.Calls) == 0 {
		return nil, ErrNoCalls
	}
	t := timeline{profile: p, colors: map[string]paint{}, rows: map[int64]int{}}
	for _, c := range p.Calls {
		t.last = max(t.last, c.EndMicros)
	}
	t.first = max(p.FirstMicros, t.last-shownMicros)
	t.last = min(p.LastMicros, t.last+shownMicros/10)
	entries := t.arrange()
	title := "Starlark and collections before the end"
	if p.Name != "" {
		title += ": " + p.Name
	}
	picture := &Picture{Title: title, draw: func(c draw.Canvas) {
		t.draw(draw.Crop(header(c, title, entries), 0, -14, 0, 0))
	}}
	if p.Damage != "" {
		picture.Warnings = append(picture.Warnings, p.Damage)
	}
	if t.hidden > 0 {
		picture.Warnings = append(picture.Warnings, fmt.Sprintf("%d more threads are not drawn: their Starlark ended earlier", t.hidden))
	}
	return picture, nil
}

// A timeline is lanes of calls over time.
type timeline struct {
	profile     *Profile
	first, last int64
	rows        map[int64]int // by thread; 0 is uppermost
	colors      map[string]paint
	calls       []CallBar // callers before callees
	hidden      int
}

// callPaints are those of the functions with the most time; red is the
// collections'.
var callPaints = []paint{blue, green, purple, orange, teal}

// arrange gives threads their lanes, by who ended last, and functions colours.
func (t *timeline) arrange() []legendEntry {
	ends, time := map[int64]int64{}, map[string]int64{}
	for _, c := range t.profile.Calls {
		if c.EndMicros < t.first {
			continue
		}
		t.calls = append(t.calls, c)
		ends[c.Thread] = max(ends[c.Thread], c.EndMicros)
		time[c.Name] += c.EndMicros - max(c.StartMicros, t.first)
	}
	slices.SortFunc(t.calls, func(a, b CallBar) int {
		return cmp.Or(cmp.Compare(a.StartMicros, b.StartMicros), cmp.Compare(b.EndMicros, a.EndMicros))
	})
	threads := byValue(ends)
	t.hidden = max(0, len(threads)-lanes)
	for row, thread := range threads[:len(threads)-t.hidden] {
		t.rows[thread] = row
	}
	var entries []legendEntry
	for i, name := range byValue(time) {
		if i == len(callPaints) {
			break
		}
		t.colors[name] = callPaints[i]
		entries = append(entries, markEntry(shorten(name, 20), callPaints[i], draw.BoxGlyph{}))
	}
	return append(entries, markEntry("major", red, draw.BoxGlyph{}), markEntry("minor collection", faded, draw.BoxGlyph{}))
}

// byValue are the keys, that of the greatest value first.
func byValue[K cmp.Ordered](values map[K]int64) []K {
	var keys []K
	for k := range values {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b K) int { return cmp.Or(cmp.Compare(values[b], values[a]), cmp.Compare(a, b)) })
	return keys
}

func (t *timeline) draw(c draw.Canvas) {
	rows := float64(len(t.rows))
	x := scale{min: seconds(t.first), max: seconds(t.last)}
	x.ticks = niceTicks(x.min, x.max, 10)
	y := scale{max: rows}
	for thread, row := range t.rows {
		y.ticks = append(y.ticks, tick{rows - float64(row) - .5, fmt.Sprint(thread)})
	}
	slices.SortFunc(y.ticks, func(a, b tick) int { return cmp.Compare(a.value, b.value) })
	p := newPanel(c, x, y, "time since the start of the profile (s)", "thread")
	p.drawAxes()
	depth := map[int64][]int64{} // the ends of the calls that are open
	for _, call := range t.calls {
		row, shown := t.rows[call.Thread]
		if !shown {
			continue
		}
		open := depth[call.Thread]
		for len(open) > 0 && open[len(open)-1] <= call.StartMicros {
			open = open[:len(open)-1]
		}
		t.bar(p, call, rows-float64(row), len(open))
		depth[call.Thread] = append(open, call.EndMicros)
	}
	for _, k := range t.profile.Collections {
		t.pause(p, k)
	}
}

// bar draws a call below top; the deeper, the narrower.
func (t *timeline) bar(p *panel, call CallBar, top float64, depth int) {
	color, named := t.colors[call.Name]
	if !named {
		color = faded
	}
	inset := min(.12+.1*float64(depth), .4)
	low, high := p.at(seconds(max(call.StartMicros, t.first)), top-1+inset), p.at(seconds(call.EndMicros), top-inset)
	high.X = max(high.X, low.X+1)
	p.data.FillPolygon(color.at(.8), []vg.Point{low, {X: high.X, Y: low.Y}, high, {X: low.X, Y: high.Y}})
}

// pause draws a collection across all lanes.
func (t *timeline) pause(p *panel, k trace.Collection) {
	if k.EndMicros() < t.first || k.StartMicros > t.last {
		return
	}
	color := faded.at(.45)
	if k.Kind == trace.MajorGC {
		color = red.at(.4)
	}
	low := p.at(seconds(max(k.StartMicros, t.first)), 0).X
	high := max(p.at(seconds(min(k.EndMicros(), t.last)), 0).X, low+.5)
	p.data.FillPolygon(color, []vg.Point{{X: low, Y: p.data.Min.Y}, {X: high, Y: p.data.Min.Y}, {X: high, Y: p.data.Max.Y}, {X: low, Y: p.data.Max.Y}})
}
