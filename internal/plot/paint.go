// SPDX-License-Identifier: Apache-2.0

package plot

import (
	"image/color"

	"gonum.org/v1/plot/vg"
)

// A Theme is what a picture is drawn on.
type Theme int

// The themes. An SVG has both, and the viewer's setting decides.
const (
	Light Theme = iota
	Dark
)

// A paint is a colour by its role: what it is on light ground and on dark.
// It travels through gonum's drawing as a color.Color, and the canvas that it
// reaches takes from it what it needs.
type paint struct {
	name        string // the SVG's class
	light, dark color.NRGBA
}

// RGBA implements color.Color by the light colour.
func (p paint) RGBA() (r, g, b, a uint32) { return p.light.RGBA() }

// at is the paint with an opacity from 0 to 1.
func (p paint) at(opacity float64) paint {
	p.light.A, p.dark.A = uint8(opacity*255), uint8(opacity*255)
	return p
}

func (p paint) in(t Theme) color.NRGBA {
	if t == Dark {
		return p.dark
	}
	return p.light
}

func hex(rgb uint32) color.NRGBA {
	return color.NRGBA{R: uint8(rgb >> 16), G: uint8(rgb >> 8), B: uint8(rgb), A: 255}
}

// The paints. All have a contrast of 4.5:1 and more to their ground (WCAG 2.1,
// 1.4.3), but the grid, which is meant to recede; crosses, dots and triangles
// tell apart what those who see fewer colours cannot.
var (
	paper  = paint{"paper", hex(0xffffff), hex(0x12161c)}
	ink    = paint{"ink", hex(0x1f2328), hex(0xe6edf3)}
	faded  = paint{"faded", hex(0x5c6570), hex(0x9aa5b1)}
	grid   = paint{"grid", hex(0xdfe3e8), hex(0x2f3742)}
	blue   = paint{"blue", hex(0x0b5cad), hex(0x6cb6ff)}
	orange = paint{"orange", hex(0xa34a00), hex(0xffa657)}
	red    = paint{"red", hex(0xc21530), hex(0xff7b80)}
	green  = paint{"green", hex(0x19692f), hex(0x57d364)}
	purple = paint{"purple", hex(0x6f3cc0), hex(0xc59bff)}
	teal   = paint{"teal", hex(0x046c74), hex(0x3fd0d8)}
)

// seriesPaint is the colour of series i of n. One alone is blue; of several
// the first is the ground against which the others stand, and grey.
func seriesPaint(i, n int) paint {
	if n == 1 {
		return blue
	}
	return []paint{faded, blue, purple, teal, green, orange}[i%6]
}

// themed gives a canvas that knows no paints the colours of one theme.
type themed struct {
	vg.Canvas
	theme Theme
}

// SetColor implements vg.Canvas.
func (c themed) SetColor(k color.Color) {
	if p, ok := k.(paint); ok {
		k = p.in(c.theme)
	}
	c.Canvas.SetColor(k)
}
