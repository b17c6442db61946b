// SPDX-License-Identifier: Apache-2.0

package plot

import (
	"math"
	"strconv"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A scale maps values to an axis.
type scale struct {
	min, max float64
	log      bool
	ticks    []tick
}

// fromZero is a linear scale from 0 to a little above top.
func fromZero(top float64, about int) scale {
	if !(top > 0) {
		top = 1
	}
	top *= 1.1
	return scale{max: top, ticks: niceTicks(0, top, about)}
}

// whole is the scale of what is counted: ticks at whole numbers only.
func (s scale) whole() scale {
	var ticks []tick
	for _, t := range s.ticks {
		if n := math.Round(t.value); math.Abs(t.value-n) < 1e-9 {
			ticks = append(ticks, tick{n, strconv.Itoa(int(n))})
		}
	}
	s.ticks = ticks
	return s
}

// norm is where a value lies on the axis, from 0 to 1.
func (s scale) norm(v float64) float64 {
	if s.log {
		return math.Log(v/s.min) / math.Log(s.max/s.min)
	}
	return (v - s.min) / (s.max - s.min)
}

// A panel is an area for data with its axes to the left and below.
type panel struct {
	data           draw.Canvas
	x, y           scale
	xLabel, yLabel string // an empty xLabel: the axis is labelled by a panel below
}

// The room for ticks and labels.
const (
	leftAxis  = 66
	tickRoom  = tickSize + 12
	labelRoom = labelSize + 8
	// rightAxis is the room for a second axis.
	rightAxis = 68
)

func newPanel(c draw.Canvas, x, y scale, xLabel, yLabel string) *panel {
	bottom := vg.Length(tickRoom)
	if xLabel != "" {
		bottom += labelRoom
	}
	return &panel{data: draw.Crop(c, leftAxis, 0, bottom, 0), x: x, y: y, xLabel: xLabel, yLabel: yLabel}
}

// at is where a point of the data lies.
func (p *panel) at(x, y float64) vg.Point {
	return vg.Point{X: p.data.X(p.x.norm(x)), Y: p.data.Y(p.y.norm(y))}
}

// drawAxes draws axes, ticks, labels, and a line of the grid at each tick of
// the left axis.
func (p *panel) drawAxes() {
	c := p.data
	axis := line(faded, 1)
	numbers := style(tickSize, ink, draw.XRight, capCenter)
	for _, t := range p.y.ticks {
		y := p.at(p.x.min, t.value).Y
		if t.value > p.y.min {
			c.StrokeLine2(line(grid, 1), c.Min.X, y, c.Max.X, y)
		}
		c.StrokeLine2(axis, c.Min.X-5, y, c.Min.X, y)
		c.FillText(numbers, vg.Point{X: c.Min.X - 9, Y: y}, t.label)
	}
	numbers = style(tickSize, ink, draw.XCenter, draw.YTop)
	for _, t := range p.x.ticks {
		x := p.at(t.value, p.y.min).X
		c.StrokeLine2(axis, x, c.Min.Y-5, x, c.Min.Y)
		c.FillText(numbers, vg.Point{X: x, Y: c.Min.Y - 8}, t.label)
	}
	c.StrokeLine2(axis, c.Min.X, c.Min.Y, c.Max.X, c.Min.Y)
	c.StrokeLine2(axis, c.Min.X, c.Min.Y, c.Min.X, c.Max.Y)
	c.FillText(style(labelSize, ink, draw.XCenter, draw.YTop), vg.Point{X: (c.Min.X + c.Max.X) / 2, Y: c.Min.Y - tickRoom}, p.xLabel)
	p.upwards(p.yLabel, ink, c.Min.X-leftAxis+labelSize/2)
}

// upwards writes an axis's label along it, centred on x.
func (p *panel) upwards(label string, color paint, x vg.Length) {
	s := style(labelSize, color, draw.XCenter, capCenter)
	s.Rotation = quarterTurn
	p.data.FillText(s, vg.Point{X: x, Y: (p.data.Min.Y + p.data.Max.Y) / 2}, label)
}

// drawRightAxis draws p's Y along the right side.
func (p *panel) drawRightAxis(color paint, label string) {
	c := p.data
	axis := line(color, 1)
	numbers := style(tickSize, color, draw.XLeft, capCenter)
	for _, t := range p.y.ticks {
		y := p.at(p.x.max, t.value).Y
		c.StrokeLine2(axis, c.Max.X, y, c.Max.X+5, y)
		c.FillText(numbers, vg.Point{X: c.Max.X + 9, Y: y}, t.label)
	}
	c.StrokeLine2(axis, c.Max.X, c.Min.Y, c.Max.X, c.Max.Y)
	p.upwards(label, color, c.Max.X+rightAxis-labelSize/2)
}
