// SPDX-License-Identifier: Apache-2.0

package plot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"example.invalid/starlark-memls/internal/bazel/trace"
)

// A Profile is what the pictures of one build are drawn from.
type Profile struct {
	Name        string                // of the measurement; may be empty
	Collections []trace.Collection    // by start
	Heap        []trace.CounterSample // MiB over time; empty where nobody counted
	Calls       []CallBar             // of Starlark, about the end
	// FirstMicros and LastMicros are the ends of the time axis.
	FirstMicros, LastMicros int64
	Damage                  string
}

// ReadProfile reads what is drawn from a trace profile, plain or gzip.
// memoryProfiled: see trace.CollectionRecorder.
func ReadProfile(ctx context.Context, r io.Reader, memoryProfiled bool) (*Profile, error) {
	var collections trace.CollectionRecorder
	var memory trace.MemoryRecorder
	calls := newCallWindow()
	summary, err := trace.Read(ctx, r, func(e *trace.Event) error {
		collections.Add(e)
		memory.Add(e)
		calls.add(e)
		return nil
	}, trace.Select(trace.CategoryStarlarkCall, trace.CategoryGC, trace.CategoryPhaseMarker, ""))
	if err != nil {
		return nil, err
	}
	return &Profile{Collections: collections.Collections(memoryProfiled), Heap: memory.Samples(), Calls: calls.calls(),
		FirstMicros: summary.FirstMicros, LastMicros: summary.LastMicros, Damage: summary.Damage}, nil
}

// Errors of profiles that do not have what is asked for.
var (
	ErrNoGCs      = errors.New("this profile has no garbage collection")
	ErrNoCounters = errors.New("this profile has no counter of the heap: Bazel writes one from 5.0 on, and only into a profile that it finishes")
)

// A kindStyle is how one kind of collection is drawn.
type kindStyle struct {
	kind  trace.Collector
	name  string
	color paint
	shape draw.GlyphDrawer
}

var kinds = []kindStyle{
	{trace.MinorGC, "minor", blue, draw.CircleGlyph{}},
	{trace.MajorGC, "major", red, draw.PyramidGlyph{}},
	{trace.ConcurrentGC, "concurrent", faded, draw.SquareGlyph{}},
	{trace.OtherGC, "other", faded, draw.BoxGlyph{}},
}

// ActiveGCs draws how many collections are under way over time.
func ActiveGCs(p *Profile) (*Picture, error) {
	steps := activeSteps(p.Collections)
	if len(steps) == 0 {
		return nil, ErrNoGCs
	}
	top := 0
	for _, s := range steps {
		top = max(top, s.active)
	}
	return p.picture("Garbage collections in progress", "collections in progress", fromZero(float64(top), 6).whole(), nil, func(panel *panel) {
		points := []vg.Point{panel.at(seconds(p.FirstMicros), 0)}
		before := 0
		for _, s := range steps {
			points = append(points, panel.at(seconds(s.micros), float64(before)), panel.at(seconds(s.micros), float64(s.active)))
			before = s.active
		}
		points = append(points, panel.at(seconds(p.LastMicros), 0))
		panel.data.FillPolygon(blue.at(0.25), points)
		panel.data.StrokeLines(line(blue, 1.5), points)
	}), nil
}

// A levelChange is a moment at which the number of active collections changes.
type levelChange struct {
	micros int64
	active int
}

// activeSteps are the changes by time. One that ends where another starts
// ends first; one without a duration never is under way.
func activeSteps(collections []trace.Collection) []levelChange {
	type change struct {
		micros int64
		by     int
	}
	var changes []change
	for _, c := range collections {
		if c.DurationMicros > 0 {
			changes = append(changes, change{c.StartMicros, 1}, change{c.EndMicros(), -1})
		}
	}
	slices.SortFunc(changes, func(a, b change) int {
		return cmp.Or(cmp.Compare(a.micros, b.micros), cmp.Compare(a.by, b.by))
	})
	var steps []levelChange
	active := 0
	for i, c := range changes {
		active += c.by
		if i+1 == len(changes) || changes[i+1].micros != c.micros {
			steps = append(steps, levelChange{c.micros, active})
		}
	}
	return steps
}

// GCPauses draws the duration of each collection over its start.
func GCPauses(p *Profile) (*Picture, error) {
	return p.points("Pauses of garbage collections", "pause (ms)", func(list []trace.Collection, i int) (float64, bool) {
		return float64(list[i].DurationMicros) / 1e3, true
	})
}

// GCGaps draws the time from the start of the collection before, of the same
// kind, over each start.
func GCGaps(p *Profile) (*Picture, error) {
	return p.points("Time between garbage collections", "since the last of its kind (s)", func(list []trace.Collection, i int) (float64, bool) {
		if i == 0 {
			return 0, false
		}
		return seconds(list[i].StartMicros - list[i-1].StartMicros), true
	})
}

// points draws a value for each collection, the kinds apart.
func (p *Profile) points(title, label string, value func(list []trace.Collection, i int) (float64, bool)) (*Picture, error) {
	type point struct{ x, y float64 }
	top := 0.0
	points := map[trace.Collector][]point{}
	for _, k := range kinds {
		list := ofKind(p.Collections, k.kind)
		for i, c := range list {
			if v, ok := value(list, i); ok {
				points[k.kind] = append(points[k.kind], point{seconds(c.StartMicros), v})
				top = max(top, v)
			}
		}
	}
	if len(points) == 0 {
		return nil, ErrNoGCs
	}
	var entries []legendEntry
	for _, k := range kinds {
		if n := len(points[k.kind]); n > 0 {
			entries = append(entries, markEntry(fmt.Sprintf("%s (%d)", k.name, n), k.color, k.shape))
		}
	}
	return p.picture(title, label, fromZero(top, 6), entries, func(panel *panel) {
		for _, k := range kinds {
			for _, at := range points[k.kind] {
				foot, head := panel.at(at.x, 0), panel.at(at.x, at.y)
				panel.data.StrokeLine2(line(k.color.at(0.3), 1.2), foot.X, foot.Y, head.X, head.Y)
				panel.data.DrawGlyph(glyph(k.color, k.shape), head)
			}
		}
	}), nil
}

func ofKind(list []trace.Collection, kind trace.Collector) []trace.Collection {
	var of []trace.Collection
	for _, c := range list {
		if c.Kind == kind {
			of = append(of, c)
		}
	}
	return of
}

// HeapOverTime draws the memory of Bazel's JVM, as its counter has it, with
// the major collections that should have lowered it.
func HeapOverTime(p *Profile) (*Picture, error) {
	if len(p.Heap) == 0 {
		return nil, ErrNoCounters
	}
	top := 0.0
	for _, s := range p.Heap {
		top = max(top, s.Value)
	}
	majors := ofKind(p.Collections, trace.MajorGC)
	var entries []legendEntry // one kind of mark alone explains itself
	if len(majors) > 0 {
		entries = []legendEntry{dotEntry("memory", blue, nothing{}), markEntry("major collections", red, draw.PyramidGlyph{})}
	}
	return p.picture("Memory of Bazel's JVM, heap and other", "memory (MiB)", fromZero(top, 6), entries, func(panel *panel) {
		var curve []vg.Point
		for _, s := range p.Heap {
			curve = append(curve, panel.at(seconds(s.Micros), s.Value))
		}
		panel.data.StrokeLines(line(blue, 2), curve)
		for _, c := range majors {
			panel.data.DrawGlyph(glyph(red, draw.PyramidGlyph{}), panel.at(seconds(c.StartMicros), 0).Add(vg.Point{Y: 5}))
		}
	}), nil
}

// nothing is the mark of a line without marks.
type nothing struct{}

// DrawGlyph implements draw.GlyphDrawer.
func (nothing) DrawGlyph(*draw.Canvas, draw.GlyphStyle, vg.Point) {}

// picture is a panel over the time of the build.
func (p *Profile) picture(title, label string, y scale, entries []legendEntry, plot func(*panel)) *Picture {
	if p.Name != "" {
		title += ": " + p.Name
	}
	picture := &Picture{Title: title, draw: func(c draw.Canvas) {
		c = draw.Crop(header(c, title, entries), 0, -14, 0, 0)
		low, high := seconds(p.FirstMicros), max(seconds(p.LastMicros), seconds(p.FirstMicros)+1e-6)
		x := scale{min: low, max: high, ticks: niceTicks(low, high, 10)}
		panel := newPanel(c, x, y, "time since the start of the profile (s)", label)
		panel.drawAxes()
		plot(panel)
	}}
	if p.Damage != "" {
		picture.Warnings = append(picture.Warnings, p.Damage)
	}
	return picture
}

func seconds(micros int64) float64 { return float64(micros) / 1e6 }
