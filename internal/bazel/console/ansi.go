// SPDX-License-Identifier: Apache-2.0

package console

import "bytes"

// stripEscapes appends raw to dst without control sequences (ECMA-48), and
// returns it. Sequences that move the cursor to another line or erase one
// become a carriage return, as a new state of the line begins there. Of
// Buildkite's timestamps (an APC sequence, ESC _ bk;t=MILLIS BEL) the text
// "bk;t=MILLIS " stays, for cutStamp.
func stripEscapes(dst, raw []byte) []byte {
	for i := 0; i < len(raw); {
		c := raw[i]
		switch {
		case c == 0x1b:
			n, put := escape(raw[i:])
			dst = append(dst, put...)
			i += n
		case c == '\b' || c == 0 || c == '\a' || c == 0x0e || c == 0x0f: // the last two: SO and SI, another character set
			i++
		default:
			dst = append(dst, c)
			i++
		}
	}
	return dst
}

var carriageReturn = []byte{'\r'}

// escape returns the length of the control sequence that s begins with, and
// what stands for it in the text. A sequence that is cut off ends with s.
func escape(s []byte) (n int, put []byte) {
	if len(s) < 2 {
		return len(s), nil
	}
	switch s[1] {
	case '[': // CSI: parameters, intermediates, a final byte
		i := 2
		for i < len(s) && s[i] >= 0x20 && s[i] <= 0x3f {
			i++
		}
		if i == len(s) {
			return len(s), nil
		}
		switch s[i] {
		case 'A', 'B', 'E', 'F', 'G', 'H', 'J', 'K', 'f':
			put = carriageReturn
		}
		if s[i] < 0x40 || s[i] > 0x7e {
			return i, nil // not a control sequence after all
		}
		return i + 1, put
	case ']', '_', 'P', '^', 'X': // OSC, APC, DCS, PM, SOS: up to BEL or ST
		return stringSequence(s)
	case '(', ')', '*', '+', '#', '%', ' ': // character sets: one more byte
		return min(3, len(s)), nil
	}
	return 2, nil
}

// stringSequence is escape for the sequences that hold a string.
func stringSequence(s []byte) (n int, put []byte) {
	body := s[2:]
	end, term := len(body), 0
	if i := bytes.IndexByte(body, '\a'); i >= 0 {
		end, term = i, 1
	}
	if i := bytes.Index(body[:end], []byte("\x1b\\")); i >= 0 {
		end, term = i, 2
	}
	if term == 0 {
		// Without an end it would eat the line: drop the introducer only.
		return 2, nil
	}
	if s[1] == '_' && bytes.HasPrefix(body, []byte("bk;t=")) {
		put = append(append([]byte{'\r'}, body[:end]...), ' ')
	}
	return 2 + end + term, put
}
