// SPDX-License-Identifier: Apache-2.0

package plot

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// An svgCanvas writes SVG that looks the same everywhere.
//
// Text is drawn as outlines of its glyphs, so that no font has to be installed
// or embedded (half a megabyte for one face); each has its words as a label,
// for those who have the picture read to them.
//
// Colours are presentation attributes with the light theme's values, and
// classes by which a style sheet changes them under prefers-color-scheme:
// dark. Presentation attributes yield to any style sheet (CSS 2.1, 6.4.4), and
// a viewer that knows no media queries shows the light theme. The picture has
// its own ground, for an SVG in an <img> follows the system's setting, which
// need not be the page's.
//
// gonum's vgsvg writes style attributes, which no style sheet can change, and
// text as text.
type svgCanvas struct {
	width, height vg.Length
	title         string
	body          bytes.Buffer
	stack         []svgState
	used          map[string]paint
	linked        bool // marks tell what they stand for
}

type svgState struct {
	color  color.Color
	width  vg.Length
	dashes []vg.Length
	groups int // transformations, to be closed by Pop
}

func newSVG(width, height vg.Length, title string) *svgCanvas {
	c := &svgCanvas{width: width, height: height, title: title, stack: []svgState{{}}, used: map[string]paint{}}
	vg.Initialize(c)
	return c
}

func (c *svgCanvas) state() *svgState { return &c.stack[len(c.stack)-1] }

// Size implements vg.CanvasSizer.
func (c *svgCanvas) Size() (x, y vg.Length) { return c.width, c.height }

// SetLineWidth implements vg.Canvas, as do the following.
func (c *svgCanvas) SetLineWidth(w vg.Length) { c.state().width = w }

func (c *svgCanvas) SetLineDash(dashes []vg.Length, _ vg.Length) { c.state().dashes = dashes }

func (c *svgCanvas) SetColor(k color.Color) {
	if k == nil {
		k = color.Black
	}
	c.state().color = k
}

func (c *svgCanvas) Rotate(rad float64) {
	c.group("rotate(%s)", number(rad*180/math.Pi))
}

func (c *svgCanvas) Translate(pt vg.Point) {
	c.group("translate(%s,%s)", number(pt.X.Points()), number(pt.Y.Points()))
}

func (c *svgCanvas) Scale(x, y float64) { c.group("scale(%s,%s)", number(x), number(y)) }

func (c *svgCanvas) group(transform string, args ...any) {
	fmt.Fprintf(&c.body, "<g transform=\"%s\">\n", fmt.Sprintf(transform, args...))
	c.state().groups++
}

func (c *svgCanvas) Push() {
	top := *c.state()
	top.groups = 0
	c.stack = append(c.stack, top)
}

func (c *svgCanvas) Pop() {
	c.body.WriteString(strings.Repeat("</g>\n", c.state().groups))
	c.stack = c.stack[:len(c.stack)-1]
}

func (c *svgCanvas) Stroke(path vg.Path) {
	if c.state().width <= 0 {
		return
	}
	fmt.Fprintf(&c.body, `<path fill="none" %s stroke-width="%s"`, c.paint("stroke"), number(c.state().width.Points()))
	if len(c.state().dashes) > 0 {
		lengths := make([]string, len(c.state().dashes))
		for i, d := range c.state().dashes {
			lengths[i] = number(d.Points())
		}
		fmt.Fprintf(&c.body, ` stroke-dasharray="%s"`, strings.Join(lengths, " "))
	}
	fmt.Fprintf(&c.body, ` d="%s"/>`+"\n", pathData(path))
}

func (c *svgCanvas) Fill(path vg.Path) {
	fmt.Fprintf(&c.body, `<path %s d="%s"/>`+"\n", c.paint("fill"), pathData(path))
}

func (c *svgCanvas) FillString(f font.Face, pt vg.Point, text string) {
	if f.Font.Size == 0 || strings.TrimSpace(text) == "" {
		return
	}
	fmt.Fprintf(&c.body, `<path aria-label="%s" %s d="%s"/>`+"\n", escape(text), c.paint("fill"), pathData(outline(f, pt, text)))
}

// DrawImage draws nothing: no picture of ours has one.
func (c *svgCanvas) DrawImage(vg.Rectangle, image.Image) {}

// paint is the attributes that colour a fill or a stroke.
func (c *svgCanvas) paint(what string) string {
	p, ok := c.state().color.(paint)
	if !ok {
		n := color.NRGBAModel.Convert(c.state().color).(color.NRGBA)
		p = paint{light: n, dark: n}
	}
	attributes := fmt.Sprintf(`%s="#%02x%02x%02x"`, what, p.light.R, p.light.G, p.light.B)
	if p.name != "" {
		class := what[:1] + "-" + p.name // f-ink, s-ink
		c.used[class] = p
		attributes += fmt.Sprintf(` class="%s"`, class)
	}
	if p.light.A < 255 {
		attributes += fmt.Sprintf(` %s-opacity="%s"`, what, number(float64(p.light.A)/255))
	}
	return attributes
}

// Bytes is the document.
func (c *svgCanvas) Bytes() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%spt" height="%spt" viewBox="0 0 %s %s" role="img">`+"\n",
		number(c.width.Points()), number(c.height.Points()), number(c.width.Points()), number(c.height.Points()))
	fmt.Fprintf(&b, "<title>%s</title>\n<style>\n@media (prefers-color-scheme: dark) {\n", escape(c.title))
	classes := make([]string, 0, len(c.used))
	for class := range c.used {
		classes = append(classes, class)
	}
	slices.Sort(classes)
	for _, class := range classes {
		property := map[byte]string{'f': "fill", 's': "stroke"}[class[0]]
		dark := c.used[class].dark
		fmt.Fprintf(&b, ".%s { %s: #%02x%02x%02x }\n", class, property, dark.R, dark.G, dark.B)
	}
	// SVG's y runs down, gonum's up.
	fmt.Fprintf(&b, "}\n</style>\n<g transform=\"translate(0,%s) scale(1,-1)\">\n", number(c.height.Points()))
	b.Write(c.body.Bytes())
	b.WriteString("</g>\n</svg>\n")
	return b.Bytes()
}

func escape(text string) string {
	var b strings.Builder
	// A strings.Builder takes everything.
	_ = xml.EscapeText(&b, []byte(text))
	return b.String()
}

// number writes a coordinate to a hundredth of a point, which nobody sees.
func number(x float64) string {
	text := strconv.FormatFloat(x, 'f', 2, 64)
	text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	if text == "-0" {
		return "0"
	}
	return text
}
