// SPDX-License-Identifier: Apache-2.0

package show

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"go.lsp.dev/protocol"

	"example.invalid/starlark-memls/lsp/internal/text"
)

// Hover answers on a function's def line, on a line with evidence of its own,
// and on a line that a crash names: with everything that is known, and what
// the data cannot see.
func Hover(_ context.Context, view *Snapshot, p *protocol.HoverParams) (*protocol.Hover, error) {
	d := view.Document(p.TextDocument.URI)
	if d == nil || !view.Settings.Hover {
		return nil, nil
	}
	line := int(p.Position.Line)
	if line >= d.Lines() {
		return nil, nil
	}
	var sections []string
	for _, sh := range view.ReportedOf(d.Path) {
		for _, m := range sh.functionsAt(d, line) {
			sections = append(sections, m.hover(view))
		}
		for _, m := range sh.file.Held {
			if at, touched := sh.now(d, m.Line); at == line && !touched {
				sections = append(sections, m.hover())
			}
		}
		for _, m := range sh.file.Crashes {
			if at, _ := sh.now(d, m.Place.Line); at == line {
				sections = append(sections, CrashText(view, m.crash))
			}
		}
	}
	if len(sections) == 0 {
		return nil, nil
	}
	text := strings.Join(sections, "\n\n---\n\n")
	kind := protocol.MarkupKindMarkdown
	if !view.Client.markdown {
		text, kind = PlainText(text), protocol.MarkupKindPlainText
	}
	r := d.LineRange(view.Client.Encoding, line)
	return &protocol.Hover{Contents: &protocol.MarkupContent{Kind: kind, Value: text}, Range: &r}, nil
}

// functionsAt are the suspects that a line belongs to, each once: by the name
// that is defined there, or by evidence of its own.
func (sh reported) functionsAt(d *text.Document, line int) []functionAnnotation {
	var all []functionAnnotation
	add := func(m functionAnnotation) {
		if !slices.ContainsFunc(all, func(known functionAnnotation) bool { return known.Suspect == m.Suspect }) {
			all = append(all, m)
		}
	}
	for _, m := range sh.file.Functions {
		if at, _ := sh.now(d, nameOf(m.Definition).Line); at == line {
			add(m)
		}
	}
	for _, m := range sh.file.Lines {
		if at, touched := sh.now(d, m.Line); at == line && !touched {
			add(functionAnnotation{Suspect: m.suspect, Definition: m.suspect.Definition})
		}
	}
	return all
}

// markdownSigns takes emphasis, code and escapes out of a line.
var markdownSigns = strings.NewReplacer("**", "", "`", "", "&lt;", "<", "&gt;", ">", `\\`, `\`,
	`\|`, "|", `\*`, "*", `\_`, "_", "\\`", "`", `\[`, "[", `\]`, "]", `\#`, "#")

// PlainText takes the marks out of our own Markdown: tables become lines of
// "name: value", emphasis and code lose their signs.
func PlainText(markdown string) string {
	var b strings.Builder
	for line := range strings.Lines(markdown) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "|") && strings.Trim(line, "|-: ") == "":
			continue
		case strings.HasPrefix(line, "```"):
			continue
		case strings.HasPrefix(line, "|"):
			if line = plainRow(line); line == "" {
				continue
			}
		case strings.HasPrefix(line, "#"):
			line = strings.TrimLeft(line, "# ")
		}
		b.WriteString(markdownSigns.Replace(line))
		b.WriteByte('\n')
	}
	return strings.TrimRight(b.String(), "\n")
}

// plainRow is a table's row as "name: value (meaning)"; a head is nothing.
func plainRow(row string) string {
	const bar = "\x00"
	var cells []string
	for _, cell := range strings.Split(strings.Trim(strings.ReplaceAll(row, `\|`, bar), "|"), "|") {
		if cell = strings.TrimSpace(strings.ReplaceAll(cell, bar, "|")); cell != "" {
			cells = append(cells, cell)
		}
	}
	switch len(cells) {
	case 0, 1:
		return ""
	case 3:
		return fmt.Sprintf("%s: %s (%s)", cells[0], cells[1], cells[2])
	default:
		return strings.Join(cells, ": ")
	}
}
