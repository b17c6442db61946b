// SPDX-License-Identifier: Apache-2.0

package plot

import (
	"math"
	"strings"

	xfont "golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// outline is a text's glyphs as a path, its baseline starting at pt. Glyphs
// are set side by side as gonum's Face.Width measures them. One that the font
// lacks is left out: its width stays.
func outline(f font.Face, pt vg.Point, text string) vg.Path {
	var path vg.Path
	var buffer sfnt.Buffer
	em := fixed.Int26_6(f.Face.UnitsPerEm())
	scale := f.Font.Size / vg.Length(em)
	at := func(x, y fixed.Int26_6) vg.Point { // the font's y runs down
		return vg.Point{X: pt.X + vg.Length(x)*scale, Y: pt.Y - vg.Length(y)*scale}
	}
	var previous sfnt.GlyphIndex
	var pen fixed.Int26_6
	for i, r := range text {
		glyph, err := f.Face.GlyphIndex(&buffer, r)
		if err != nil {
			continue
		}
		if i > 0 {
			if kern, err := f.Face.Kern(&buffer, previous, glyph, em, xfont.HintingNone); err == nil {
				pen += kern
			}
		}
		previous = glyph
		segments, err := f.Face.LoadGlyph(&buffer, glyph, em, nil)
		if err == nil {
			addGlyph(&path, segments, func(p fixed.Point26_6) vg.Point { return at(pen+p.X, p.Y) })
		}
		if advance, err := f.Face.GlyphAdvance(&buffer, glyph, em, xfont.HintingNone); err == nil {
			pen += advance
		}
	}
	return path
}

func addGlyph(path *vg.Path, segments sfnt.Segments, at func(fixed.Point26_6) vg.Point) {
	for i, s := range segments {
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			if i > 0 {
				path.Close()
			}
			path.Move(at(s.Args[0]))
		case sfnt.SegmentOpLineTo:
			path.Line(at(s.Args[0]))
		case sfnt.SegmentOpQuadTo:
			path.QuadTo(at(s.Args[0]), at(s.Args[1]))
		case sfnt.SegmentOpCubeTo:
			path.CubeTo(at(s.Args[0]), at(s.Args[1]), at(s.Args[2]))
		}
	}
	if len(segments) > 0 {
		path.Close()
	}
}

// pathData writes a path in SVG's language.
func pathData(path vg.Path) string {
	var b strings.Builder
	put := func(op string, points ...vg.Point) {
		b.WriteString(op)
		for i, p := range points {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(number(p.X.Points()) + "," + number(p.Y.Points()))
		}
	}
	started := false
	for _, c := range path {
		switch c.Type {
		case vg.MoveComp:
			put("M", c.Pos)
		case vg.LineComp:
			put("L", c.Pos)
		case vg.CurveComp:
			put(map[int]string{1: "Q", 2: "C"}[len(c.Control)], append(append([]vg.Point{}, c.Control...), c.Pos)...)
		case vg.ArcComp:
			putArc(put, &b, c, started)
		case vg.CloseComp:
			b.WriteByte('Z')
		}
		started = true
	}
	return b.String()
}

// putArc writes an arc as two, since SVG has none that ends where it starts.
func putArc(put func(string, ...vg.Point), b *strings.Builder, c vg.PathComp, started bool) {
	on := func(angle float64) vg.Point {
		sin, cos := math.Sincos(angle)
		return vg.Point{X: c.Pos.X + c.Radius*vg.Length(cos), Y: c.Pos.Y + c.Radius*vg.Length(sin)}
	}
	op := "M"
	if started {
		op = "L"
	}
	put(op, on(c.Start))
	sweep := "1"
	if c.Angle < 0 {
		sweep = "0"
	}
	r := number(c.Radius.Points())
	for _, share := range []float64{0.5, 1} {
		b.WriteString("A" + r + "," + r + " 0 0 " + sweep + " ")
		put("", on(c.Start+c.Angle*share))
	}
}
