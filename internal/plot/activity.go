// SPDX-License-Identifier: Apache-2.0

package plot

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"example.invalid/starlark-memls/attribution"
)

// Activity draws in how many crashes each function was active against how many
// its share of the time of passing builds leads one to expect. What lies on the
// diagonal was there no more often than chance has it; whoever lies above was.
func Activity(r *attribution.Report) (*Picture, error) {
	var points []activityPoint
	crashes := 0
	for i := range r.Suspects {
		s := &r.Suspects[i]
		expected, predicted := s.Evidence.Number(attribution.ExpectedActive)
		active, seen := s.Evidence.Number(attribution.ActiveAtCrash)
		if !predicted || !seen {
			continue
		}
		points = append(points, activityPoint{s, expected, active})
		of, _ := s.Evidence.Number(attribution.Crashes)
		crashes = max(crashes, int(of))
	}
	if len(points) == 0 {
		return nil, ErrNoActivity
	}
	top := 1.0
	for _, p := range points {
		top = max(top, p.expected, p.active)
	}
	title := "Active at crashes, against the share of passing builds"
	var entries []legendEntry
	for _, m := range activityMarks {
		if slices.ContainsFunc(points, func(p activityPoint) bool { return p.mark() == m }) {
			entries = append(entries, markEntry(m.name, m.color, m.shape))
		}
	}
	return &Picture{Title: title, draw: func(c draw.Canvas) {
		c = header(c, title, entries)
		s := fromZero(top, 8).whole()
		p := newPanel(draw.Crop(c, 0, -14, 0, 0), s, s, "crashes expected by its share of time", fmt.Sprintf("active in, of %d crashes", crashes))
		p.drawAxes()
		from, to := p.at(0, 0), p.at(s.max, s.max)
		p.data.StrokeLine2(line(faded, 1.2, 4, 4), from.X, from.Y, to.X, to.Y)
		drawActivity(p, points)
	}}, nil
}

// An activityPoint is one function.
type activityPoint struct {
	suspect          *attribution.Suspect
	expected, active float64
}

// An activityMark is how a function is drawn. What the report says of it, from all
// evidence, goes first: the picture and the report name the same culprit, though
// activity alone may be too few crashes to tell it from chance.
type activityMark struct {
	name  string
	color paint
	shape draw.GlyphDrawer
}

var (
	blamed        = activityMark{"sure or likely by all evidence", red, draw.CircleGlyph{}}
	beyondChance  = activityMark{"active beyond chance, q < 0.05", orange, draw.SquareGlyph{}}
	byChance      = activityMark{"neither", blue, draw.RingGlyph{}}
	activityMarks = []activityMark{blamed, beyondChance, byChance}
)

func (p activityPoint) mark() activityMark {
	switch q, ok := p.suspect.Evidence.Number(attribution.QValue); {
	case p.suspect.Verdict == attribution.Sure, p.suspect.Verdict == attribution.Likely:
		return blamed
	case ok && q < .05:
		return beyondChance
	}
	return byChance
}

// words name a function at its point, with the report's verdict where it has one.
func (p activityPoint) words() string {
	text := fmt.Sprintf("%d %s", p.suspect.Rank, shorten(p.suspect.Name, 32))
	if v := p.suspect.Verdict; v != "" && v != attribution.NotKnown {
		text += ", " + string(v)
	}
	return text
}

// namedPoints is how many of the first suspects are named beside their point.
const namedPoints = 6

func drawActivity(p *panel, points []activityPoint) {
	var taken []vg.Rectangle
	for i := len(points) - 1; i >= 0; i-- { // the first suspects on top
		at := p.at(points[i].expected, points[i].active)
		m := points[i].mark()
		p.data.DrawGlyphNoClip(glyph(m.color, m.shape), at)
	}
	for _, point := range points {
		if point.suspect.Rank > namedPoints {
			continue
		}
		at := p.at(point.expected, point.active).Add(vg.Point{X: 8})
		s := style(noteSize, ink, draw.XLeft, capCenter)
		words := point.words()
		if at.X+s.Width(words) > p.data.Max.X {
			s.XAlign, at.X = draw.XRight, at.X-16
		}
		box := s.Rectangle(words).Add(at)
		for range 40 { // downwards, until it covers no other name
			if !overlaps(taken, box) {
				break
			}
			at.Y -= noteSize
			box = s.Rectangle(words).Add(at)
		}
		if box.Min.Y < p.data.Min.Y {
			continue
		}
		taken = append(taken, box)
		note(p.data, s, at, words)
	}
}

func overlaps(taken []vg.Rectangle, box vg.Rectangle) bool {
	for _, t := range taken {
		if math.Min(float64(t.Max.X), float64(box.Max.X)) > math.Max(float64(t.Min.X), float64(box.Min.X)) &&
			math.Min(float64(t.Max.Y), float64(box.Max.Y)) > math.Max(float64(t.Min.Y), float64(box.Min.Y)) {
			return true
		}
	}
	return false
}
