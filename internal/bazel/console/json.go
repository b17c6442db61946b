// SPDX-License-Identifier: Apache-2.0

package console

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A console in JSON. Container runtimes, loggers and the services that keep
// logs wrap each line in an object, several in a list, or the whole console in
// one text:
//
//	{"log":"text\n","stream":"stderr","time":"2026-01-01T00:00:00Z"}   Docker
//	{"__REALTIME_TIMESTAMP":"1764590000000000","MESSAGE":[70,65,84]}   the journal, a text with escapes
//	[{"pos":0,"out":"text\n","time":3},…]                              Drone
//	[{"type":"out","message":"text\r\ntext\r\n"}]                      CircleCI
//	    "textPayload": "text",                                         a page of a printed list
//	fatal: [host]: FAILED! => {"rc":33,"stderr":"text\ntext"}          Ansible

// messageKeys and timeKeys are where a line and its time stand.
var (
	messageKeys = []string{
		"log", "message", "msg", "textPayload", "line", "MESSAGE", "text", "out", "output",
		"stderr", "stdout", "stderr_lines", "stdout_lines", "lines", "content",
	}
	timeKeys = []string{"time", "timestamp", "ts", "@timestamp", journalTime}
)

// journalTime is microseconds since 1970.
const journalTime = "__REALTIME_TIMESTAMP"

// stampOf is a time of an object as a stamp before a line.
func stampOf(told string) string {
	if n := digits(told); n == 16 && n == len(told) {
		return told[:10] + "." + told[10:]
	}
	return told
}

// unwrapped is what a line of JSON says, its lines told apart by carriage
// returns, with the time before each where one is known; raw where there is
// nothing of the kind. whole is whether it was JSON to its end.
func unwrapped(raw []byte) (message []byte, whole bool) {
	text := oneElement(bytes.TrimSpace(raw))
	if len(text) < 2 {
		return raw, false
	}
	last := text[len(text)-1]
	switch {
	case text[0] == '{' && last == '}', text[0] == '[' && last == ']' && bytes.IndexByte(text, '"') >= 0:
	case last == '}' && bytes.Contains(text, []byte(` {"`)):
		text = text[bytes.Index(text, []byte(` {"`))+1:]
	default:
		return raw, false
	}
	if !json.Valid(text) {
		return raw, false
	}
	var s jsonText
	for _, c := range text {
		s.step(c)
	}
	if !s.found {
		return raw, false
	}
	said := strings.TrimRight(string(s.out), "\r\n")
	s.time = stampOf(s.time)
	separator := "\r"
	if stampLength(s.time) == len(s.time) && s.time != "" {
		separator += s.time + " "
		said = s.time + " " + said
	}
	return []byte(strings.NewReplacer("\r\n", separator, "\n", separator).Replace(said)), true
}

// oneElement is an object of a list that has an object a line, without what
// belongs to the list.
func oneElement(text []byte) []byte {
	text = bytes.TrimSuffix(text, []byte(","))
	switch {
	case bytes.HasPrefix(text, []byte(`[{"`)) && text[len(text)-1] == '}':
		return text[1:]
	case bytes.HasPrefix(text, []byte(`{"`)) && bytes.HasSuffix(text, []byte("}]")):
		return text[:len(text)-1]
	}
	return text
}

// unwrappedElement is what a line of printed JSON says: a text of a list, or
// that of a key. told is whether the line is such a one; noise whether it is
// another of such a page.
func unwrappedElement(raw []byte) (text []byte, told, noise bool) {
	trimmed := bytes.TrimSuffix(bytes.TrimSpace(raw), []byte(","))
	if len(trimmed) == 0 || bytes.IndexByte([]byte(`"{}[]`), trimmed[0]) < 0 {
		return raw, false, false
	}
	if trimmed[0] != '"' {
		return raw, false, len(trimmed) <= 2
	}
	wanted, value := true, trimmed
	if key, after, ok := bytes.Cut(trimmed, []byte(`": `)); ok && len(key) > 0 && bytes.IndexByte(key[1:], '"') < 0 {
		wanted, value = slices.Contains(messageKeys, string(key[1:])), bytes.TrimSpace(after)
		noise = true
	}
	var message string
	if !wanted || json.Unmarshal(value, &message) != nil {
		return raw, false, noise
	}
	message = strings.TrimRight(message, "\r\n")
	return []byte(strings.NewReplacer("\r\n", "\r", "\n", "\r").Replace(message)), true, false
}

// A jsonText takes the texts of the message keys out of JSON, a byte at a time.
// It copes with JSON that is cut.
type jsonText struct {
	out   []byte
	time  string // of the last time key
	found bool   // a message key was met

	open    []jsonOpen
	mode    jsonMode
	word    []byte // a key, a time, an escape or a number, as far as it is read
	escape  bool
	string  []byte // the escape of a rune
	isValue bool   // in an object: behind the colon
}

// A jsonOpen is an object or a list that has begun.
type jsonOpen struct {
	object, wanted bool // wanted: its texts are a console's
	key            string
}

type jsonMode int

const (
	between jsonMode = iota
	inKey
	inMessage
	inTime
	inOther
)

const (
	maxJSONDepth = 64
	maxJSONWord  = 128
)

func (s *jsonText) top() *jsonOpen {
	if len(s.open) == 0 {
		return &jsonOpen{}
	}
	return &s.open[len(s.open)-1]
}

func (s *jsonText) step(c byte) {
	if s.mode != between {
		s.inString(c)
		return
	}
	switch top := s.top(); c {
	case '{', '[':
		if len(s.open) < maxJSONDepth {
			wanted := c == '[' && (!top.object && top.wanted || top.object && slices.Contains(messageKeys, top.key))
			s.found = s.found || wanted
			s.open, s.isValue = append(s.open, jsonOpen{object: c == '{', wanted: wanted}), false
		}
	case '}', ']':
		s.number()
		if top.wanted {
			s.endLine()
		}
		s.open = s.open[:max(0, len(s.open)-1)]
	case ':':
		s.isValue = true
	case ',':
		s.number()
		s.isValue = false
	case '"':
		s.word = s.word[:0]
		switch {
		case top.object && !s.isValue:
			s.mode = inKey
		case top.wanted || top.object && slices.Contains(messageKeys, top.key):
			s.mode, s.found = inMessage, true
		case top.object && slices.Contains(timeKeys, top.key):
			s.mode = inTime
		default:
			s.mode = inOther
		}
	default:
		if top.wanted && c >= '0' && c <= '9' && len(s.word) < 4 {
			s.word = append(s.word, c)
		}
	}
}

// number takes a byte of a text that was written as numbers.
func (s *jsonText) number() {
	if n, err := strconv.ParseUint(string(s.word), 10, 8); err == nil && s.top().wanted {
		s.out, s.found = append(s.out, byte(n)), true
	}
	s.word = s.word[:0]
}

func (s *jsonText) endLine() {
	if n := len(s.out); n > 0 && s.out[n-1] != '\n' {
		s.out = append(s.out, '\n')
	}
}

func (s *jsonText) inString(c byte) {
	switch {
	case len(s.string) > 0: // of \u00e9
		if s.string = append(s.string, c); len(s.string) == 5 {
			n, _ := strconv.ParseUint(string(s.string[1:]), 16, 16)
			s.string = s.string[:0]
			s.put(utf8.AppendRune(nil, rune(n))...)
		}
	case s.escape:
		s.escape = false
		if c == 'u' {
			s.string = append(s.string, c)
			return
		}
		if i := strings.IndexByte("nrtbf", c); i >= 0 {
			c = "\n\r\t\b\f"[i]
		}
		s.put(c)
	case c == '\\':
		s.escape = true
	case c == '"':
		s.endString()
	default:
		s.put(c)
	}
}

func (s *jsonText) put(text ...byte) {
	switch {
	case s.mode == inMessage:
		s.out = append(s.out, text...)
	case len(s.word) < maxJSONWord:
		s.word = append(s.word, text...)
	}
}

func (s *jsonText) endString() {
	switch s.mode {
	case inKey:
		s.top().key = string(s.word)
	case inTime:
		s.time = string(s.word)
	case inMessage:
		s.endLine()
	}
	s.mode, s.word = between, s.word[:0]
}

// A jsonReader is the texts in a JSON that has no lines of its own.
type jsonReader struct {
	in   io.Reader
	text jsonText
	buf  []byte
}

func (r *jsonReader) Read(p []byte) (int, error) {
	for len(r.text.out) == 0 {
		n, err := r.in.Read(r.buf)
		for _, c := range r.buf[:n] {
			r.text.step(c)
		}
		if n == 0 && err != nil {
			return 0, err
		}
	}
	n := copy(p, r.text.out)
	r.text.out = append(r.text.out[:0], r.text.out[n:]...)
	return n, nil
}
