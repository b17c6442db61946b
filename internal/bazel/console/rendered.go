package console

import (
	"bytes"
	"encoding/json"
	"html"
	"regexp"
	"strings"
)

// What a log has gone through on its way from a terminal to a file: escape
// sequences written out or half removed, a line wrapped in JSON by a container
// runtime, a page saved as HTML.

// writtenEscapes are ways in which programs spell the escape character.
var writtenEscapes = [...]string{"^[[", `\x1b[`, `\x1B[`, `\u001b[`, `\u001B[`, `\033[`, `\e[`, "#033[", "␛["}

// withEscapes gives escape sequences that were spelt out their character back.
// Syslog spells tabs out, too.
func withEscapes(raw []byte) []byte {
	for _, written := range writtenEscapes {
		if bytes.Contains(raw, []byte(written)) {
			raw = bytes.ReplaceAll(raw, []byte(written), []byte("\x1b["))
		}
	}
	if bytes.Contains(raw, []byte("#011at ")) {
		raw = bytes.Replace(raw, []byte("#011at "), []byte("\tat "), 1)
	}
	return raw
}

// leftColour is what stays of a colour where only the escape character went;
// leftMove of a cursor's movement, which stands at a line's beginning.
var (
	leftColour = regexp.MustCompile(`\[(?:[0-9]{1,2}(?:;[0-9]{1,3})*)?m`)
	leftMove   = regexp.MustCompile(`^(?:\[[0-9]{0,3}[AGJK])+`)
)

// withoutLeftovers takes out what is left of colours.
func withoutLeftovers(text string) string {
	if strings.HasPrefix(text, "[") {
		text = leftMove.ReplaceAllString(text, "")
	}
	if strings.Contains(text, "[0m") || strings.Contains(text, "[3") || strings.Contains(text, "[1m") {
		text = leftColour.ReplaceAllString(text, "")
	}
	return text
}

var htmlTag = regexp.MustCompile(`</?(?:span|b|i|a|br|div|pre|td|tr|p|code|font|li|time|timestamp|samp)(?:\s[^<>]*)?/?>`)

// withoutHTML undoes HTML's escapes and drops the tags of a log's page. What
// tells such a line is an escape or a closing tag; Bazel's own text has none.
func withoutHTML(text string) string {
	if strings.Contains(text, "</") {
		text = htmlTag.ReplaceAllString(text, "")
	}
	if i := strings.IndexByte(text, '&'); i >= 0 && strings.IndexByte(text[i:], ';') > 0 {
		text = html.UnescapeString(text)
	}
	return text
}

// messageKeys and timeKeys are where log drivers keep a line and its time.
var (
	messageKeys = [...]string{"log", "message", "msg", "textPayload", "line", "MESSAGE", "text"}
	timeKeys    = [...]string{"time", "timestamp", "ts", "@timestamp"}
)

// unwrapped is the line in a JSON object that a log driver made of it, with
// the time before it; raw where there is none.
func unwrapped(raw []byte) []byte {
	text := bytes.TrimSpace(raw)
	if !bytes.HasPrefix(text, []byte(`{"`)) || text[len(text)-1] != '}' {
		return raw
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(text, &object) != nil {
		return raw
	}
	message, ok := stringIn(object, messageKeys[:])
	if !ok {
		return raw
	}
	message = strings.TrimRight(message, "\r\n")
	time, _ := stringIn(object, timeKeys[:])
	if stampLength(time) != len(time) || time == "" {
		return []byte(strings.ReplaceAll(message, "\n", "\r"))
	}
	return []byte(time + " " + strings.ReplaceAll(message, "\n", "\r"+time+" "))
}

func stringIn(object map[string]json.RawMessage, keys []string) (string, bool) {
	for _, key := range keys {
		var s string
		if raw, ok := object[key]; ok && json.Unmarshal(raw, &s) == nil {
			return s, true
		}
	}
	return "", false
}
