// SPDX-License-Identifier: Apache-2.0

package console

import (
	"bytes"
	"encoding/csv"
	"html"
	"regexp"
	"strconv"
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

var htmlTag = regexp.MustCompile(`</?(?:html|head|body|span|b|i|a|br|div|pre|td|tr|p|code|font|li|time|timestamp|samp)(?:\s[^<>]*)?/?>`)

// withoutHTML undoes HTML's escapes and drops the tags of a log's page. What
// tells such a line is an escape or a closing tag; Bazel's own text has none.
func withoutHTML(text string) string {
	if strings.Contains(text, "</") || opensPage(text) {
		text = htmlTag.ReplaceAllString(text, "")
	}
	if i := strings.IndexByte(text, '&'); i >= 0 && strings.IndexByte(text[i:], ';') > 0 {
		text = html.UnescapeString(text)
	}
	return text
}

// lineBreak parts the lines of a page that has no others.
var lineBreak = regexp.MustCompile(`<br\s*/?>`)

// withoutBreaks makes the line breaks of a page states of its one line.
func withoutBreaks(raw []byte) []byte {
	if !bytes.Contains(raw, []byte("<br")) {
		return raw
	}
	return lineBreak.ReplaceAll(raw, carriageReturn)
}

func opensPage(text string) bool {
	return strings.HasPrefix(text, "<html") || strings.HasPrefix(text, "<pre") || strings.HasPrefix(text, "<span") || strings.HasPrefix(text, "<div")
}

// agentMarks are what an agent puts before a line to have it coloured.
var agentMarks = [...]string{"##[error]", "##[warning]", "##[debug]", "##[command]"}

func withoutAgentMark(text string) string {
	if !strings.HasPrefix(text, "##[") {
		return text
	}
	for _, mark := range agentMarks {
		if rest, ok := strings.CutPrefix(text, mark); ok {
			return rest
		}
	}
	return text
}

// logfmtMessage is the text in a line of keys and values.
var logfmtMessage = regexp.MustCompile(`^(?:time|ts|level|t|lvl)=.*?\s(?:msg|message|log)=("(?:[^"\\]|\\.)*")`)

// unquoted is the text that a line of logfmt (time=… level=info msg="text") or
// of a table with commas ("time","text") quotes, in the latter the last one.
func unquoted(raw []byte) []byte {
	if !bytes.ContainsAny(raw, `"`) {
		return raw
	}
	if m := logfmtMessage.FindSubmatch(raw); m != nil {
		if text, err := strconv.Unquote(string(m[1])); err == nil {
			return []byte(text)
		}
	}
	text := bytes.TrimSpace(raw)
	if !bytes.HasPrefix(text, []byte(`"`)) || !bytes.HasSuffix(text, []byte(`"`)) || !bytes.Contains(text, []byte(`","`)) {
		return raw
	}
	fields, err := csv.NewReader(bytes.NewReader(text)).Read()
	if err != nil {
		return raw
	}
	return []byte(fields[len(fields)-1])
}
