// SPDX-License-Identifier: Apache-2.0

package plot

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"example.invalid/starlark-memls/attribution"
)

// Errors of reports that do not have what is asked for.
var (
	ErrNoRatios   = errors.New("no suspect has a ratio with an interval: that needs profiles of crashes and of builds that passed")
	ErrNoActivity = errors.New("nothing to compare: activity at crashes is compared with builds that passed, and it takes a profile with Starlark calls of both: give builds that passed beside the crashes (a folder of a sweep has both)")
)

// forestRows is how many suspects are drawn.
const forestRows = 12

// A ratioMark is how a ratio of a suspect is drawn, as a row of a forest
// plot shows it, with its interval.
type ratioMark struct {
	name  string
	color paint
	shape draw.GlyphDrawer
	of    *attribution.Measure
}

var ratios = []ratioMark{
	{"active at crashes, relative to its share of passing builds", blue, draw.CircleGlyph{}, attribution.Overrepresentation},
	{"collections per second of its self time, relative to the rest", orange, draw.SquareGlyph{}, attribution.GCRateRatio},
}

// Suspects draws the ranked suspects as a forest plot: their ratios with 95 %
// intervals, on one logarithmic axis, against the line of no difference.
func Suspects(r *attribution.Report) (*Picture, error) {
	list := r.Suspects[:min(len(r.Suspects), forestRows)]
	f := forest{list: list, low: .5, high: 2}
	for i := range list {
		for _, m := range ratios {
			v, ok := list[i].Evidence.Of(m.of)
			if !ok || v.Number <= 0 {
				continue
			}
			f.any = true
			f.low, f.high = min(f.low, v.Number), max(f.high, v.Number)
			if v.Low > 0 {
				f.low = min(f.low, v.Low)
			}
			if !math.IsInf(v.High, 1) {
				f.high = max(f.high, v.High)
			}
		}
	}
	if !f.any {
		return nil, ErrNoRatios
	}
	f.low, f.high = max(f.low/1.2, leastRatio), min(f.high*1.2, mostRatio)
	var entries []legendEntry
	for _, m := range ratios {
		entries = append(entries, dotEntry(m.name, m.color, m.shape))
	}
	p := &Picture{Title: "Suspects", draw: func(c draw.Canvas) { f.draw(header(c, "Suspects, with 95 % intervals", entries)) }}
	if n := len(r.Suspects) - len(list); n > 0 {
		p.Warnings = append(p.Warnings, fmt.Sprintf("the first %d of %d suspects are drawn", len(list), len(r.Suspects)))
	}
	return p, nil
}

// The axis ends here: an interval that goes on has an arrow.
const (
	leastRatio = .02
	mostRatio  = 200
)

// A forest is the rows and their axis.
type forest struct {
	list      []attribution.Suspect
	low, high float64
	any       bool
}

// The room for names to the left and verdicts to the right.
const (
	nameRoom    = 270
	verdictRoom = 130
)

func (f *forest) draw(c draw.Canvas) {
	x := scale{min: f.low, max: f.high, log: true}
	for _, v := range []float64{.02, .05, .1, .2, .5, 1, 2, 5, 10, 20, 50, 100, 200} {
		if v >= f.low && v <= f.high {
			x.ticks = append(x.ticks, tick{v, fmt.Sprintf("%g", v)})
		}
	}
	rows := float64(len(f.list))
	c = draw.Crop(c, nameRoom-leftAxis, -verdictRoom, 0, 0)
	p := newPanel(c, x, scale{max: rows}, "ratio; 1 is no difference", "")
	p.drawAxes()
	one := p.at(1, 0).X
	p.data.StrokeLine2(line(faded, 1.2, 4, 4), one, p.data.Min.Y, one, p.data.Max.Y)
	for i := range f.list {
		f.row(p, i, rows-float64(i)-.5)
	}
}

func (f *forest) row(p *panel, i int, y float64) {
	s := &f.list[i]
	middle := p.at(f.low, y)
	name, where := s.Name, place(s)
	p.data.FillText(style(tickSize, ink, draw.XRight, capCenter), vg.Point{X: middle.X - 10, Y: middle.Y + 7}, fmt.Sprintf("%d  %s", s.Rank, shorten(name, 30)))
	p.data.FillText(style(noteSize, faded, draw.XRight, capCenter), vg.Point{X: middle.X - 10, Y: middle.Y - 8}, shorten(where, 40))
	p.data.FillText(style(noteSize, ink, draw.XLeft, capCenter), vg.Point{X: p.data.Max.X + 12, Y: middle.Y}, fmt.Sprintf("%s, score %.2f", s.Verdict, s.Score))
	for k, m := range ratios {
		v, ok := s.Evidence.Of(m.of)
		if !ok || v.Number <= 0 {
			continue
		}
		at := middle.Y + vg.Length(6-12*k)
		f.interval(p, m, at, v)
		if v.Number >= f.low && v.Number <= f.high {
			p.data.DrawGlyph(glyph(m.color, m.shape), vg.Point{X: p.at(v.Number, 0).X, Y: at})
		}
	}
}

// interval draws the whisker; where it leaves the axis it ends in an arrow.
func (f *forest) interval(p *panel, m ratioMark, y vg.Length, v attribution.Value) {
	from, to := f.low, f.high
	open := [2]bool{true, true}
	if v.Low >= f.low {
		from, open[0] = v.Low, false
	}
	if v.High <= f.high {
		to, open[1] = v.High, false
	}
	if from > f.high || to < f.low {
		return
	}
	a, b := p.at(from, 0).X, p.at(to, 0).X
	p.data.StrokeLine2(line(m.color, 1.6), a, y, b, y)
	for end, x := range []vg.Length{a, b} {
		if !open[end] {
			p.data.StrokeLine2(line(m.color, 1.6), x, y-3, x, y+3)
			continue
		}
		back := vg.Length(5 - 10*end) // towards the middle
		p.data.StrokeLines(line(m.color, 1.6), []vg.Point{{X: x + back, Y: y + 4}, {X: x, Y: y}, {X: x + back, Y: y - 4}})
	}
}

// place is where a suspect is, as short as tells it.
func place(s *attribution.Suspect) string {
	switch {
	case s.Definition != nil:
		d := s.Definition
		at := fmt.Sprintf("%s:%d", filepath.ToSlash(filepath.Join(filepath.Base(filepath.Dir(d.File)), filepath.Base(d.File))), d.NameRange.Start.Line)
		if s.Inferred() {
			at += " (" + s.Posterior[0].Chance() + ")"
		}
		return at
	case len(s.Candidates) > 0:
		return fmt.Sprintf("%d functions of this name", len(s.Candidates))
	}
	return s.PrintedFile
}

// shorten keeps the end of a long text, which tells more than its beginning.
func shorten(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return "…" + string(r[len(r)-most+1:])
	}
	return text
}
