// SPDX-License-Identifier: Apache-2.0

package plot

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// ErrNothing says that no build is left to draw.
var ErrNothing = errors.New("no build that passed or crashed under a known memory limit")

// Limits draws duration over the memory limit: dots with a line for limits
// under which every build passed, crosses with the share of crashes for the
// others, error bars of one standard deviation. One series also has its
// number of garbage collections, on an axis of its own. Below, where some
// builds crashed and some passed, the fitted probability of a crash with its
// 95 % interval, and the limit to set.
func Limits(list []Series) (*Picture, error) {
	var drawn []Series
	for _, s := range list {
		if len(s.Limits) > 0 {
			drawn = append(drawn, s)
		}
	}
	if len(drawn) == 0 {
		return nil, ErrNothing
	}
	f := &limitsFigure{list: drawn, title: "Build duration over the memory limit"}
	f.low, f.high = f.span()
	p := &Picture{Title: f.title, draw: f.draw}
	for _, s := range drawn {
		for _, l := range s.Limits {
			if l.Seconds.Count == 0 {
				p.Warnings = append(p.Warnings, fmt.Sprintf("%s at %s MiB: no duration is known, only that it crashed", s.Name, mebibytes(l.Bytes)))
			}
		}
	}
	return p, nil
}

type limitsFigure struct {
	list      []Series
	title     string
	low, high float64 // of the axis, in MiB
}

// span is the axis: all limits, and what is recommended unless that is far
// off, with a little room.
func (f *limitsFigure) span() (low, high float64) {
	low, high = math.Inf(1), 0
	for _, s := range f.list {
		for _, l := range s.Limits {
			low, high = min(low, mib(l.Bytes)), max(high, mib(l.Bytes))
		}
	}
	measured := high
	for _, s := range f.list {
		if r, _, ok := s.recommended(); ok && r < 1.6*measured {
			high = max(high, r)
		}
	}
	margin := math.Pow(high/low, 0.045)
	if high/low < 1.02 {
		margin = 1.05
	}
	return low / margin, high * margin
}

func mib(bytes int64) float64 { return float64(bytes) / (1 << 20) }

// recommended is the limit to set in MiB, with the risk that goes with it.
func (s *Series) recommended() (limit, risk float64, ok bool) {
	if s.Finding == nil {
		return 0, 0, false
	}
	bytes, risk := s.Finding.Recommended(1 << 20)
	return mib(bytes), risk, true
}

func (f *limitsFigure) draw(c draw.Canvas) {
	c = header(c, f.title, f.legend())
	right := vg.Length(14)
	if len(f.list) == 1 {
		right = rightAxis
	}
	c = draw.Crop(c, 0, -right, 0, 0)
	upper := c
	if f.fitted() {
		split := c.Min.Y + (c.Max.Y-c.Min.Y)*0.37
		upper.Min.Y = split
		lower := c
		lower.Max.Y = split - 12
		f.drawRisk(lower)
	}
	f.drawDurations(upper, !f.fitted())
}

const limitLabel = "memory limit -Xmx (MiB, logarithmic)"

// limitAxis is the X of both panels.
func (f *limitsFigure) limitAxis() scale {
	return scale{min: f.low, max: f.high, log: true, ticks: limitTicks(f.low, f.high)}
}

// drawDurations draws the upper panel; labelled says whether the axis of
// limits is labelled here.
func (f *limitsFigure) drawDurations(c draw.Canvas, labelled bool) {
	top := 0.0
	for _, s := range f.list {
		for _, l := range s.Limits {
			top = max(top, l.Seconds.Mean+l.Seconds.Deviation)
		}
	}
	label := ""
	if labelled {
		label = limitLabel
	}
	p := newPanel(c, f.limitAxis(), fromZero(top, 6), label, "duration (s)")
	p.drawAxes()
	for i, s := range f.list {
		s.drawDurations(p, f.look(i))
	}
	if len(f.list) == 1 && f.hasGCs() {
		f.list[0].drawGCs(p)
	}
}

// dodge is how far what is drawn at one limit stands from its neighbour, so
// that error bars do not lie on each other.
const dodge = 8

// A look is how one of several series is told from the others.
type look struct {
	color, cross paint
	aside        vg.Length // from where its limits are
	// Shares stand above their crosses; of two series those of the first to
	// the left, those of the second to the right and below.
	left, below bool
}

func (f *limitsFigure) look(i int) look {
	n := len(f.list)
	return look{color: seriesPaint(i, n), cross: crashPaint(i, n),
		aside: dodge * (vg.Length(i) - vg.Length(n-1)/2),
		left:  n > 1 && i == 0, below: i%2 == 1}
}

// drawDurations draws one series.
func (s *Series) drawDurations(p *panel, look look) {
	c := p.data
	at := func(l Limit, seconds float64) vg.Point {
		return p.at(mib(l.Bytes), seconds).Add(vg.Point{X: look.aside})
	}
	var passing []vg.Point
	for _, l := range s.Limits {
		if !l.Crashed() && l.Seconds.Count > 0 {
			passing = append(passing, at(l, l.Seconds.Mean))
		}
	}
	c.StrokeLines(line(look.color, 2), passing)
	for _, l := range s.Limits {
		if l.Seconds.Count == 0 {
			continue
		}
		standsFor(c, l.Sources, func() {
			l.drawDuration(c, look, func(seconds float64) vg.Point { return at(l, seconds) })
		})
	}
}

// drawDuration draws one limit.
func (l Limit) drawDuration(c draw.Canvas, look look, at func(seconds float64) vg.Point) {
	low, high := at(max(l.Seconds.Mean-l.Seconds.Deviation, 0)), at(l.Seconds.Mean+l.Seconds.Deviation)
	middle := at(l.Seconds.Mean)
	if !l.Crashed() {
		errorBar(c, line(look.color.at(0.3), 2), low, high)
		c.DrawGlyph(glyph(look.color, draw.CircleGlyph{}), middle)
		return
	}
	errorBar(c, line(look.cross.at(0.3), 2, 5, 4), low, high)
	c.DrawGlyph(glyph(look.cross, heavyCross{}), middle)
	share := fmt.Sprintf("%d/%d", l.Crashes, l.Builds)
	words, beside := style(noteSize, look.cross, draw.XLeft, draw.YBottom), vg.Point{X: 6, Y: 3}
	if look.left {
		words.XAlign, beside.X = draw.XRight, -6
	}
	if look.below {
		words.YAlign, beside.Y = draw.YTop, -3
	}
	c.FillText(words, middle.Add(beside), share)
}

// crashPaint is red; the crosses of the first of several series recede with
// the rest of it.
func crashPaint(i, n int) paint {
	if n > 1 && i == 0 {
		return faded
	}
	return red
}

func errorBar(c draw.Canvas, s draw.LineStyle, low, high vg.Point) {
	if high.Y-low.Y < 1 {
		return
	}
	c.StrokeLine2(s, low.X, low.Y, high.X, high.Y)
	s.Dashes = nil
	for _, end := range []vg.Point{low, high} {
		c.StrokeLine2(s, end.X-4, end.Y, end.X+4, end.Y)
	}
}

func (f *limitsFigure) legend() []legendEntry {
	var entries []legendEntry
	for i, s := range f.list {
		name := s.Name
		if len(f.list) == 1 {
			name = "duration"
		}
		entries = append(entries, dotEntry(name, seriesPaint(i, len(f.list)), draw.CircleGlyph{}))
	}
	for i, s := range f.list {
		for _, l := range s.Limits {
			if l.Crashed() {
				name := "crashes/builds"
				if len(f.list) > 1 {
					name = "crashes/builds, " + s.Name
				}
				entries = append(entries, markEntry(name, crashPaint(i, len(f.list)), heavyCross{}))
				break
			}
		}
	}
	if len(f.list) == 1 && f.hasGCs() {
		entries = append(entries, dotEntry("garbage collections", orange, draw.PyramidGlyph{}, 6, 3))
	}
	return entries
}

func (f *limitsFigure) hasGCs() bool {
	for _, l := range f.list[0].Limits {
		if l.GCs.Count > 0 {
			return true
		}
	}
	return false
}
