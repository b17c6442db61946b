// SPDX-License-Identifier: Apache-2.0

package console

import "strings"

// A prefixShape is a prefix with its variable parts taken out.
type prefixShape []piece

// A piece is a run of one kind: digits and blanks may differ in length, a
// level may be another one, other text is as it stands.
type piece struct {
	kind pieceKind
	text string
}

type pieceKind int

const (
	literal pieceKind = iota
	run               // of digits
	blanks
	level
)

var levels = [...]string{
	"WARNING", "SEVERE", "NOTICE", "TRACE", "DEBUG", "FATAL", "ERROR", "INFO", "WARN",
	"stdout", "stderr", "warning", "error", "debug", "info", "warn",
}

func levelLength(s string) int {
	for _, l := range levels {
		if strings.HasPrefix(s, l) && (len(s) == len(l) || !isLetter(rune(s[len(l)]))) {
			return len(l)
		}
	}
	return 0
}

func blankLength(s string) int { return len(s) - len(strings.TrimLeft(s, " \t")) }

// shapeOf takes a prefix apart.
func shapeOf(prefix string) prefixShape {
	var s prefixShape
	word := false // inside a word, of which a level may be a part
	for i := 0; i < len(prefix); {
		p := piece{kind: literal}
		n := 1
		switch {
		case digits(prefix[i:]) > 0:
			p.kind, n = run, digits(prefix[i:])
		case blankLength(prefix[i:]) > 0:
			p.kind, n = blanks, blankLength(prefix[i:])
		case !word && levelLength(prefix[i:]) > 0:
			p.kind, n = level, levelLength(prefix[i:])
		}
		word = p.kind == literal && isLetter(rune(prefix[i]))
		p.text = prefix[i : i+n]
		if last := len(s) - 1; last >= 0 && p.kind == literal && s[last].kind == literal {
			s[last].text += p.text
		} else {
			s = append(s, p)
		}
		i += n
	}
	return s
}

// cut cuts a prefix of this shape off text. The blanks at a prefix's end are
// cut as they stood where it was learnt: more of them are indentation.
func (s prefixShape) cut(text string) (rest string, ok bool) {
	for i, p := range s {
		n := 0
		switch p.kind {
		case run:
			n = digits(text)
		case level:
			n = levelLength(text)
		case blanks:
			if i == len(s)-1 {
				if text == "" {
					return "", true // trailing blanks were trimmed
				}
				rest, ok = strings.CutPrefix(text, p.text)
				return rest, ok
			}
			if n = blankLength(text); n == 0 {
				if k := s[i+1].kind; k == run {
					continue // padding
				}
				return text, false
			}
		default:
			if strings.HasPrefix(text, p.text) {
				n = len(p.text)
			}
		}
		if n == 0 {
			return text, false
		}
		text = text[n:]
	}
	return text, true
}

// before reports whether text has a prefix of this shape up to at, or up to
// the indentation before it.
func (s prefixShape) before(text string, at int) bool {
	rest, ok := s.cut(text)
	end := len(text) - len(rest)
	return ok && end <= at && strings.TrimLeft(text[end:at], " \t") == ""
}
