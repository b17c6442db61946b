// SPDX-License-Identifier: Apache-2.0

package plot

import (
	"math"
	"sync"

	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Sizes of type, in points on a picture 12 inches wide: the smallest is still
// read from the back of a room.
const (
	titleSize = 19
	labelSize = 15
	tickSize  = 14
	noteSize  = 12
)

// letters sets text in Go Regular, a humanist sans that comes with the
// program (golang.org/x/image/font/gofont).
var letters = sync.OnceValue(func() text.Plain {
	face, err := opentype.Parse(goregular.TTF)
	if err != nil {
		panic(err) // the font is compiled in
	}
	return text.Plain{Fonts: font.NewCache(font.Collection{{Font: regular, Face: face}})}
})

var regular = font.Font{Typeface: "Go"}

func style(size vg.Length, color paint, x text.XAlignment, y text.YAlignment) text.Style {
	return text.Style{
		Color:   color,
		Font:    font.From(regular, size),
		XAlign:  x,
		YAlign:  y,
		Handler: letters(),
	}
}

func line(color paint, width vg.Length, dashes ...vg.Length) draw.LineStyle {
	return draw.LineStyle{Color: color, Width: width, Dashes: dashes}
}

// capCenter puts the middle of capitals and digits at a point; draw.YCenter
// puts there that of the line, whose descenders numbers do not have. (The
// baseline then lies 0.36 of the size below the point, half the height of Go
// Regular's capitals.)
const capCenter = draw.YAlignment(-0.36)

// quarterTurn sets text upwards.
const quarterTurn = math.Pi / 2

// header draws the title and, to its right, the legend. It returns what is
// left of the canvas below.
func header(c draw.Canvas, title string, entries []legendEntry) draw.Canvas {
	top := c.Max.Y
	head := style(titleSize, ink, draw.XLeft, draw.YTop)
	c.FillText(head, vg.Point{X: c.Min.X, Y: top}, title)
	small := style(tickSize, ink, draw.XLeft, capCenter)
	const mark, gap = 26, 18
	total := vg.Length(0)
	for _, e := range entries {
		total += mark + small.Width(e.text) + gap
	}
	y, x := top-titleSize/2, c.Max.X-total+gap
	used := vg.Length(titleSize + 14)
	if x < c.Min.X+head.Width(title)+gap { // no room beside the title
		y -= titleSize + 8
		x = c.Min.X
		used += titleSize + 8
	}
	for _, e := range entries {
		e.mark(c, vg.Point{X: x, Y: y}, mark-6)
		c.FillText(small, vg.Point{X: x + mark, Y: y}, e.text)
		x += mark + small.Width(e.text) + gap
	}
	return draw.Crop(c, 0, 0, 0, -used)
}

// note writes a text on a patch of ground, so that it is read where a curve or
// the grid runs behind it.
func note(c draw.Canvas, s text.Style, pt vg.Point, words string) {
	patch := s.Rectangle(words).Add(pt)
	c.SetColor(paper.at(0.8))
	c.Fill(patch.Path())
	c.FillText(s, pt, words)
}

// A legendEntry is one line of the legend: its mark is drawn from pt to the right.
type legendEntry struct {
	text string
	mark func(c draw.Canvas, pt vg.Point, width vg.Length)
}

// dotEntry is a mark with a line through it.
func dotEntry(text string, color paint, shape draw.GlyphDrawer, dashes ...vg.Length) legendEntry {
	return legendEntry{text, func(c draw.Canvas, pt vg.Point, width vg.Length) {
		c.StrokeLine2(line(color, 2, dashes...), pt.X, pt.Y, pt.X+width, pt.Y)
		c.DrawGlyph(glyph(color, shape), vg.Point{X: pt.X + width/2, Y: pt.Y})
	}}
}

// markEntry is a mark without a line.
func markEntry(text string, color paint, shape draw.GlyphDrawer) legendEntry {
	return legendEntry{text, func(c draw.Canvas, pt vg.Point, width vg.Length) {
		c.DrawGlyph(glyph(color, shape), vg.Point{X: pt.X + width/2, Y: pt.Y})
	}}
}

func glyph(color paint, shape draw.GlyphDrawer) draw.GlyphStyle {
	return draw.GlyphStyle{Color: color, Radius: 4.5, Shape: shape}
}

// A heavyCross is a cross that is seen: gonum's has a hairline.
type heavyCross struct{}

// DrawGlyph implements draw.GlyphDrawer.
func (heavyCross) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, pt vg.Point) {
	c.SetLineStyle(draw.LineStyle{Color: s.Color, Width: 2.4})
	r := s.Radius
	for _, sign := range []vg.Length{1, -1} {
		var p vg.Path
		p.Move(vg.Point{X: pt.X - r, Y: pt.Y - sign*r})
		p.Line(vg.Point{X: pt.X + r, Y: pt.Y + sign*r})
		c.Stroke(p)
	}
}
