// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind uint8

const (
	end tokenKind = iota
	word
	quoted
	operator
	open
	shut
)

type token struct {
	kind tokenKind
	text string
	at   int // in bytes
}

func (t token) is(keyword string) bool { return t.kind == word && strings.EqualFold(t.text, keyword) }

// String is the token in a sentence.
func (t token) String() string {
	if t.kind == end {
		return "the end"
	}
	return strconv.Quote(t.text)
}

// marks are the characters that end a word.
const marks = `()=!<>~"'`

// scan splits a filter; the last token is the end.
func scan(text string) ([]token, error) {
	var out []token
	for at := 0; ; {
		at += len(text[at:]) - len(strings.TrimLeftFunc(text[at:], unicode.IsSpace))
		rest := text[at:]
		if rest == "" {
			return append(out, token{end, "", at}), nil
		}
		t := token{at: at}
		switch c := rest[0]; c {
		case '(':
			t.kind, t.text = open, "("
		case ')':
			t.kind, t.text = shut, ")"
		case '"', '\'':
			content, length, ok := quotation(rest)
			if !ok {
				return nil, &Error{utf8.RuneCountInString(text[:at]) + 1, "the quote that begins here does not end"}
			}
			t.kind, t.text = quoted, content
			at += length - len(content)
		case '=', '!', '<', '>', '~':
			t.kind, t.text = operator, string(c)
			if strings.HasPrefix(rest[1:], "=") && c != '=' && c != '~' {
				t.text = rest[:2]
			}
			if t.text == "!" {
				return nil, &Error{utf8.RuneCountInString(text[:at]) + 1, `"!" is no operator: it is ` + operators + ", and not"}
			}
		default:
			n := strings.IndexFunc(rest, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(marks, r) })
			if n < 0 {
				n = len(rest)
			}
			t.kind, t.text = word, rest[:n]
		}
		at += len(t.text)
		out = append(out, t)
	}
}

// quotation reads a text in quotes and says how long it is with them.
func quotation(text string) (content string, length int, ok bool) {
	quote := text[0]
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == quote:
			return b.String(), i + 1, true
		case text[i] == '\\' && i+1 < len(text) && text[i+1] == quote:
			i++
		}
		b.WriteByte(text[i])
	}
	return "", 0, false
}
