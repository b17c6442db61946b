// SPDX-License-Identifier: Apache-2.0

package plot

import (
	"fmt"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// fitted reports whether any series has both outcomes.
func (f *limitsFigure) fitted() bool {
	for _, s := range f.list {
		if s.Finding != nil {
			return true
		}
	}
	return false
}

// drawRisk draws the lower panel: what was seen of crashes at each limit, and
// the curve that was fitted.
func (f *limitsFigure) drawRisk(c draw.Canvas) {
	y := scale{min: 0, max: 100, ticks: niceTicks(0, 100, 4)}
	p := newPanel(c, f.limitAxis(), y, limitLabel, "crashes (%)")
	p.drawAxes()
	for i, s := range f.list {
		s.drawRisk(p, f.riskPaint(i))
	}
	f.drawRecommended(p)
}

// riskPaint is red for one series, else the series' own.
func (f *limitsFigure) riskPaint(i int) paint {
	if len(f.list) == 1 {
		return red
	}
	return seriesPaint(i, len(f.list))
}

// curvePoints is how many points a curve is drawn with.
const curvePoints = 140

func (s *Series) drawRisk(p *panel, color paint) {
	c := p.data
	if s.Finding == nil {
		return
	}
	var middle, low, high []vg.Point
	for i := range curvePoints {
		limit := p.x.min * math.Pow(p.x.max/p.x.min, float64(i)/(curvePoints-1))
		mean, least, most := s.Finding.CrashProbability(int64(limit * (1 << 20)))
		at := func(share float64) vg.Point { return p.at(limit, 100*share) }
		middle, low, high = append(middle, at(mean)), append(low, at(least)), append(high, at(most))
	}
	band := append([]vg.Point{}, low...)
	for i := len(high) - 1; i >= 0; i-- {
		band = append(band, high[i])
	}
	c.FillPolygon(color.at(0.18), band)
	c.StrokeLines(line(color, 2), middle)
	for _, l := range s.Limits {
		share := 100 * float64(l.Crashes) / float64(l.Builds)
		c.DrawGlyphNoClip(draw.GlyphStyle{Color: color, Radius: 4, Shape: draw.RingGlyph{}}, p.at(mib(l.Bytes), share))
	}
}

// drawRecommended marks the limits to set. Those of several series would
// overwrite each other, so each has a line of text of its own.
func (f *limitsFigure) drawRecommended(p *panel) {
	c := p.data
	row := 0
	for i, s := range f.list {
		limit, risk, ok := s.recommended()
		if !ok {
			continue
		}
		color := green
		text := fmt.Sprintf("-Xmx%.0fm, ≤ %s crash", limit, percent(risk))
		if len(f.list) > 1 {
			color = seriesPaint(i, len(f.list))
			text = s.Name + ": " + text
		}
		y := c.Max.Y - vg.Length(row)*(noteSize+4) - 4
		row++
		if limit > p.x.max {
			note(c, style(noteSize, color, draw.XRight, draw.YTop), vg.Point{X: c.Max.X - 6, Y: y}, text+" →")
			continue
		}
		x := p.at(limit, 0).X
		c.StrokeLine2(line(color, 2), x, c.Min.Y, x, c.Max.Y)
		// To the right of the limit the curves are low, and leave room.
		words, at := style(noteSize, color, draw.XLeft, draw.YTop), vg.Point{X: x + 6, Y: y}
		if at.X+words.Width(text) > c.Max.X {
			words.XAlign, at.X = draw.XRight, x-6
		}
		note(c, words, at, text)
	}
}

func percent(share float64) string {
	if share < 0.1 {
		return fmt.Sprintf("%.1f %%", 100*share)
	}
	return fmt.Sprintf("%.0f %%", 100*share)
}
