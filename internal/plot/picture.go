// SPDX-License-Identifier: Apache-2.0

package plot

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// The size of every picture: 12 by 6.75 inches, which is 16:9, and at the
// resolution of the PNG 1920 by 1080.
const (
	width  = 12 * vg.Inch
	height = 6.75 * vg.Inch
	dpi    = 160
)

// A Picture is ready to be written in any format.
type Picture struct {
	Title string
	// Warnings are what the picture does not show, one line each.
	Warnings []string

	draw func(draw.Canvas)
}

// SVG is the picture as an SVG document of its own.
func (p *Picture) SVG() []byte {
	c := newSVG(width, height, p.Title)
	p.on(draw.New(c))
	return c.Bytes()
}

// PNG is the picture as a PNG of 1920 by 1080 pixels.
func (p *Picture) PNG(theme Theme) ([]byte, error) {
	c := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(dpi))
	p.on(draw.NewCanvas(themed{c, theme}, width, height))
	var b bytes.Buffer
	if _, err := (vgimg.PngCanvas{Canvas: c}).WriteTo(&b); err != nil {
		return nil, fmt.Errorf("writing the PNG: %w", err)
	}
	return b.Bytes(), nil
}

// Encode is the picture in the format that a file's name asks for.
func (p *Picture) Encode(name string, theme Theme) ([]byte, error) {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".svg":
		return p.SVG(), nil
	case ".png":
		return p.PNG(theme)
	}
	return nil, fmt.Errorf("%s: a picture's name ends in .svg or .png", name)
}

func (p *Picture) on(c draw.Canvas) {
	c.SetColor(paper)
	c.Fill(c.Rectangle.Path())
	p.draw(draw.Crop(c, 22, -22, 16, -14))
}
