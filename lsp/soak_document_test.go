// SPDX-License-Identifier: Apache-2.0

package lsp

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// A soakDocument is a file of one function, and comments around and in it that
// come and go. Where the function is now it finds in its own lines.
type soakDocument struct {
	file, function, saved string
	open                  bool
	version               int
	lines                 []string
	// history is where things were, by version; versions begin anew with each
	// opening, so that there may be several.
	history map[int][]soakLines
}

// soakLines are the lines, from 0, that an answer must name.
type soakLines struct {
	function string
	def      int
	crash    int
}

func newSoakDocument(function string) *soakDocument {
	saved := fmt.Sprintf("def %s(x):\n    y = x\n    return y\n", function)
	return &soakDocument{file: function + ".bzl", function: function, saved: saved, history: map[int][]soakLines{}}
}

func (d *soakDocument) text() string { return strings.Join(d.lines, "") }

func (d *soakDocument) reopen() {
	d.open, d.version = true, 1
	d.lines = strings.SplitAfter(d.saved, "\n")
	d.lines = d.lines[:len(d.lines)-1]
	d.remember()
}

func (d *soakDocument) remember() {
	now := d.now()
	if !slices.Contains(d.history[d.version], now) {
		d.history[d.version] = append(d.history[d.version], now)
	}
}

func (d *soakDocument) now() soakLines {
	at := func(text string) int {
		return slices.IndexFunc(d.lines, func(line string) bool { return strings.HasPrefix(line, text) })
	}
	return soakLines{d.function, at("def "), at("    y = x")}
}

// edit changes a line, and returns the change as the protocol has it.
func (d *soakDocument) edit(random *rand.Rand) map[string]any {
	comments := []string{"# c\n", "# ä😀 wide\n", "\n", "    # in\n"}
	line := random.IntN(len(d.lines) + 1)
	if line == d.now().crash { // stays below the function's first line
		line++
	}
	change := map[string]any{}
	from, to := line, line
	text := comments[random.IntN(len(comments))]
	removable := line < len(d.lines) && slices.Contains(comments, d.lines[line])
	switch n := random.IntN(10); {
	case len(d.lines) > 200: // back to the beginning, as a whole
		d.lines = strings.SplitAfter(d.saved, "\n")[:3]
		change["text"] = d.text()
		d.version++
		d.remember()
		return change
	case removable && n < 5:
		to, text = line+1, ""
	case removable && n < 8:
		to = line + 1
	}
	added := []string{}
	if text != "" {
		added = append(added, text)
	}
	d.lines = slices.Replace(d.lines, from, to, added...)
	change["text"] = text
	change["range"] = map[string]any{"start": map[string]any{"line": from, "character": 0}, "end": map[string]any{"line": to, "character": 0}}
	d.version++
	d.remember()
	return change
}

// request is a valid request about a document, and what its answer must be for
// the text that the document has now.
func (s *soak) request(d *soakDocument) (string, map[string]any, soakRequest) {
	params := docParams(s.uri(d.file))
	at, open := d.now(), d.open
	if !open { // nothing is known of a buffer that is not open
		at = soakLines{d.function, 0, 1}
	}
	position := func(line, character int) map[string]any {
		return map[string]any{"line": line, "character": character}
	}
	whole := map[string]any{"start": position(0, 0), "end": position(1000, 0)}
	switch s.random.IntN(7) {
	case 0, 1:
		return "textDocument/codeLens", params, soakRequest{what: "lenses", check: func(raw json.RawMessage) error { return at.checkLenses(raw, open) }}
	case 2:
		params["position"] = position(at.def, 5)
		return "textDocument/hover", params, soakRequest{what: "hover", check: func(raw json.RawMessage) error { return at.checkHover(raw) }}
	case 3:
		params["range"] = whole
		return "textDocument/inlayHint", params, soakRequest{what: "hints", check: func(raw json.RawMessage) error { return at.checkHints(raw, open) }}
	case 4:
		return "textDocument/diagnostic", params, soakRequest{what: "diagnostics", check: func(raw json.RawMessage) error {
			var report struct{ Items []wireDiagnostic }
			if err := json.Unmarshal(raw, &report); err != nil || !open {
				return err
			}
			if len(report.Items) == 0 {
				return fmt.Errorf("no diagnostic")
			}
			return at.checkDiagnostics(report.Items)
		}}
	case 5:
		params["range"], params["context"] = map[string]any{"start": position(at.def, 0), "end": position(at.def, 5)}, map[string]any{"diagnostics": []any{}}
		return "textDocument/codeAction", params, soakRequest{what: "actions", check: func(raw json.RawMessage) error {
			if open && !strings.Contains(string(raw), d.function) {
				return fmt.Errorf("no action about %s", d.function)
			}
			return nil
		}}
	}
	return "workspace/executeCommand", map[string]any{"command": "starlark-memls.explain", "arguments": []any{map[string]any{"code": "ML001"}}},
		soakRequest{what: "explain", check: func(raw json.RawMessage) error {
			if !strings.Contains(string(raw), "ML001") {
				return fmt.Errorf("no explanation")
			}
			return nil
		}}
}

func (at soakLines) checkLenses(raw json.RawMessage, open bool) error {
	var lenses []struct{ Range wireRange }
	if err := json.Unmarshal(raw, &lenses); err != nil || !open {
		return err
	}
	if len(lenses) != 1 || lenses[0].Range.Start.Line != at.def {
		return fmt.Errorf("want one lens, on line %d", at.def)
	}
	return nil
}

// checkHover allows none: hovers are switched off now and then.
func (at soakLines) checkHover(raw json.RawMessage) error {
	var hover *struct {
		Contents struct{ Value string }
		Range    *wireRange
	}
	if err := json.Unmarshal(raw, &hover); err != nil || hover == nil {
		return err
	}
	if !strings.Contains(hover.Contents.Value, at.function) || hover.Range != nil && hover.Range.Start.Line != at.def {
		return fmt.Errorf("want a hover about %s on line %d", at.function, at.def)
	}
	return nil
}

func (at soakLines) checkHints(raw json.RawMessage, open bool) error {
	var hints []struct{ Position wirePosition }
	if err := json.Unmarshal(raw, &hints); err != nil || !open {
		return err
	}
	if len(hints) != 1 || hints[0].Position.Line != at.crash || hints[0].Position.Character != len("    y = x") {
		return fmt.Errorf("want one hint, at the end of line %d", at.crash)
	}
	return nil
}

// checkDiagnostics wants the crash on its line, and the rest on the function's.
func (at soakLines) checkDiagnostics(all []wireDiagnostic) error {
	for _, d := range all {
		want := at.def
		if d.Code == "ML001" {
			want = at.crash
		}
		if d.Range.Start.Line != want {
			return fmt.Errorf("%s is on line %d, want %d", d.Code, d.Range.Start.Line, want)
		}
	}
	return nil
}
