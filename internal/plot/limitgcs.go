// SPDX-License-Identifier: Apache-2.0

package plot

import (
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// drawGCs draws the number of collections over the durations, with an axis of
// its own on the right.
func (s *Series) drawGCs(durations *panel) {
	top := 0.0
	for _, l := range s.Limits {
		top = max(top, l.GCs.Mean+l.GCs.Deviation)
	}
	p := *durations
	p.y = fromZero(top, 6).whole()
	c := p.data
	at := func(l Limit, n float64) vg.Point { return p.at(mib(l.Bytes), n).Add(vg.Point{X: -dodge}) }
	var passing []vg.Point
	for _, l := range s.Limits {
		if !l.Crashed() && l.GCs.Count > 0 {
			passing = append(passing, at(l, l.GCs.Mean))
		}
	}
	c.StrokeLines(line(orange, 1.5, 6, 3), passing)
	for _, l := range s.Limits {
		if l.GCs.Count == 0 {
			continue
		}
		errorBar(c, line(orange.at(0.3), 2), at(l, max(l.GCs.Mean-l.GCs.Deviation, 0)), at(l, l.GCs.Mean+l.GCs.Deviation))
		shape := draw.GlyphDrawer(draw.PyramidGlyph{})
		if l.Crashed() {
			shape = draw.TriangleGlyph{}
		}
		c.DrawGlyph(glyph(orange, shape), at(l, l.GCs.Mean))
	}
	p.drawRightAxis(orange, "garbage collections")
}
