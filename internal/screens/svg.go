// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The size of a character, in pixels: that of an editor's default font.
const (
	fontSize = 14
	across   = 8.4
	down     = 18
	margin   = 12
)

const ground, ink = "#1e1e1e", "#d4d4d4"

// sixteen are the colours of a terminal that have names.
var sixteen = [16]string{
	"#1e1e1e", "#f14c4c", "#23d18b", "#f5f543", "#3b8eea", "#d670d6", "#29b8db", "#d4d4d4",
	"#808080", "#f14c4c", "#23d18b", "#f5f543", "#3b8eea", "#d670d6", "#29b8db", "#ffffff",
}

// A style is what a terminal's escape sequences set.
type style struct {
	ink, ground                              string
	bold, faint, italic, underlined, swapped bool
}

var escape = regexp.MustCompile("\x1b(?:\\[([0-9;:]*)([A-Za-z])|\\][^\x07\x1b]*(?:\x07|\x1b\\\\)|[()].|.)")

// svg draws a terminal's text, of a width in characters.
func svg(text string, columns int) []byte {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	width, height := 2*margin+across*float64(columns), 2*margin+down*len(lines)
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%d" viewBox="0 0 %.0f %d" font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="%d">`+"\n", width, height, width, height, fontSize)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" rx="6" fill="%s"/>`+"\n", ground)
	var s style
	for i, line := range lines {
		s = drawLine(&b, line, margin+down*i, s)
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// drawLine draws one line whose top is at y; the style goes on in the next.
func drawLine(b *bytes.Buffer, line string, y int, s style) style {
	column := 0
	for line != "" {
		at := escape.FindStringSubmatchIndex(line)
		run := line
		if at != nil {
			run = line[:at[0]]
		}
		column += drawRun(b, run, column, y, s)
		if at == nil {
			break
		}
		if at[4] >= 0 && line[at[4]:at[5]] == "m" {
			s = s.set(line[at[2]:at[3]])
		}
		line = line[at[1]:]
	}
	return s
}

// drawRun draws characters of one style, and says how many there are.
func drawRun(b *bytes.Buffer, run string, column, y int, s style) int {
	n := utf8.RuneCountInString(run)
	if n == 0 {
		return 0
	}
	fore, back := s.ink, s.ground
	if s.swapped {
		fore, back = back, fore
		if fore == "" {
			fore = ground
		}
		if back == "" {
			back = ink
		}
	}
	if fore == "" {
		fore = ink
	}
	x, wide := margin+across*float64(column), across*float64(n)
	if back != "" && back != ground {
		fmt.Fprintf(b, `<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="%s"/>`+"\n", x, y, wide, down, back)
	}
	if strings.TrimSpace(run) == "" && !s.underlined {
		return n
	}
	fmt.Fprintf(b, `<text x="%.1f" y="%d" textLength="%.1f" fill="%s"%s>`, x, y+fontSize, wide, fore, s.attributes())
	xml.EscapeText(b, []byte(strings.ReplaceAll(run, " ", "\u00a0"))) // spaces are not folded
	b.WriteString("</text>\n")
	return n
}

func (s style) attributes() (text string) {
	for _, a := range []struct {
		is   bool
		text string
	}{
		{s.bold, ` font-weight="bold"`}, {s.faint, ` opacity="0.7"`},
		{s.italic, ` font-style="italic"`}, {s.underlined, ` text-decoration="underline"`},
	} {
		if a.is {
			text += a.text
		}
	}
	return text
}

// set is the style after the codes of an SGR sequence.
func (s style) set(codes string) style {
	all := strings.Split(codes, ";")
	for i := 0; i < len(all); i++ {
		code, shape, _ := strings.Cut(all[i], ":")
		n, _ := strconv.Atoi(code)
		switch {
		case n == 0:
			s = style{}
		case n == 1:
			s.bold = true
		case n == 2:
			s.faint = true
		case n == 3:
			s.italic = true
		case n == 4:
			s.underlined = shape != "0"
		case n == 7:
			s.swapped = true
		case n == 22:
			s.bold, s.faint = false, false
		case n == 23:
			s.italic = false
		case n == 24:
			s.underlined = false
		case n == 27:
			s.swapped = false
		case n >= 30 && n < 38:
			s.ink = sixteen[n-30]
		case n >= 90 && n < 98:
			s.ink = sixteen[n-90+8]
		case n >= 40 && n < 48:
			s.ground = sixteen[n-40]
		case n >= 100 && n < 108:
			s.ground = sixteen[n-100+8]
		case n == 39:
			s.ink = ""
		case n == 49:
			s.ground = ""
		case n == 38 || n == 48 || n == 58:
			colour, used := named(all[i+1:])
			i += used
			switch n {
			case 38:
				s.ink = colour
			case 48:
				s.ground = colour
			}
		}
	}
	return s
}

// named is the colour that "5;N" or "2;R;G;B" names, and how many codes it is.
func named(codes []string) (colour string, used int) {
	number := func(i int) int { n, _ := strconv.Atoi(codes[i]); return n & 255 }
	switch {
	case len(codes) >= 4 && codes[0] == "2":
		return fmt.Sprintf("#%02x%02x%02x", number(1), number(2), number(3)), 4
	case len(codes) >= 2 && codes[0] == "5":
		return indexed(number(1)), 2
	}
	return "", 0
}

// indexed is one of a terminal's 256 colours.
func indexed(n int) string {
	switch {
	case n < 16:
		return sixteen[n]
	case n >= 232:
		grey := 8 + 10*(n-232)
		return fmt.Sprintf("#%02x%02x%02x", grey, grey, grey)
	}
	part := func(i int) int {
		if i == 0 {
			return 0
		}
		return 55 + 40*i
	}
	n -= 16
	return fmt.Sprintf("#%02x%02x%02x", part(n/36), part(n/6%6), part(n%6))
}
