// SPDX-License-Identifier: Apache-2.0

package plot

import (
	"encoding/json"
	"fmt"

	"gonum.org/v1/plot/vg/draw"
)

// LinkedSVG is SVG with the paths of the measurements that a mark stands for,
// in the mark's data-measurements, as a JSON list: for who can open them. In a
// picture that is given away they would tell where on a machine they lay.
func (p *Picture) LinkedSVG() []byte {
	c := newSVG(width, height, p.Title)
	c.linked = true
	p.on(draw.New(c))
	return c.Bytes()
}

// standsFor draws what stands for some measurements.
func standsFor(c draw.Canvas, sources []string, mark func()) {
	svg := svgBelow(c)
	if svg == nil || !svg.linked || len(sources) == 0 {
		mark()
		return
	}
	list, err := json.Marshal(sources)
	if err != nil {
		panic(err) // strings: cannot fail
	}
	fmt.Fprintf(&svg.body, "<g data-measurements=\"%s\">\n", escape(string(list)))
	mark()
	svg.body.WriteString("</g>\n")
}

// svgBelow is the canvas that a part of it draws on, nil where that is no SVG.
func svgBelow(c draw.Canvas) *svgCanvas {
	for {
		switch below := c.Canvas.(type) {
		case *svgCanvas:
			return below
		case draw.Canvas:
			c = below
		default:
			return nil
		}
	}
}
