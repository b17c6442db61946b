// SPDX-License-Identifier: Apache-2.0

package show

import (
	"slices"
	"unicode"
	"unicode/utf8"

	"go.lsp.dev/protocol"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/quantity"
	"example.invalid/starlark-memls/lsp/internal/text"
)

// Variables of a crash. A hint stands directly behind the variable's name where
// the line has it (`joined: 3.6 MiB string += own`); one that the line does not
// name is told at the line's end, for the frame holds it all the same.

// variableHints are the hints behind the names that a line has, by column, and
// the variables that it lacks. What is smaller than minBytes is neither.
func variableHints(enc text.Encoding, line int, code string, e attribution.LineEvidence, minBytes int64) (hints []protocol.InlayHint, rest []observe.Local) {
	for _, local := range e.Locals {
		if local.Bytes() < max(minBytes, 1) {
			continue
		}
		end, ok := nameIn(code, local.Name)
		if !ok {
			rest = append(rest, local)
			continue
		}
		hints = append(hints, protocol.InlayHint{
			Position: protocol.Position{Line: uint32(line), Character: text.CharacterOf(enc, code, end)},
			Label:    protocol.String(": " + LocalSize(local)),
		})
	}
	slices.SortStableFunc(hints, func(a, b protocol.InlayHint) int {
		return int(a.Position.Character) - int(b.Position.Character)
	})
	return hints, rest
}

// LocalSize is "3.6 MiB string".
func LocalSize(l observe.Local) string {
	text := quantity.Bytes(l.Bytes())
	if l.Type != "" {
		text += " " + l.Type
	}
	return text
}

// nameIn finds the end of the first use of a name in a line of code: as a
// whole word, outside comments and quotes, and not as the attribute of
// something else.
func nameIn(text, name string) (end int, ok bool) {
	var quote, before rune
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case quote != 0:
			if r == '\\' && i+size < len(text) {
				_, next := utf8.DecodeRuneInString(text[i+size:])
				size += next
			} else if r == quote {
				quote = 0
			}
		case r == '"' || r == '\'':
			quote = r
		case r == '#':
			return 0, false
		case isWord(r):
			start := i
			for i < len(text) && isWord(r) {
				i += size
				r, size = utf8.DecodeRuneInString(text[i:])
			}
			if text[start:i] == name && before != '.' {
				return i, true
			}
			before = 'x'
			continue
		}
		if !unicode.IsSpace(r) {
			before = r
		}
		i += size
	}
	return 0, false
}

func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }
