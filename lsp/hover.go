package lsp

import (
	"context"
	"strings"

	"go.lsp.dev/protocol"

	"starlark-memls/attribution"
)

// hover answers on a function's def line, on a line with evidence of its own,
// and on a line that a crash names: with everything that is known, and what
// the data cannot see.
func hover(_ context.Context, _ *server, view *snapshot, p *protocol.HoverParams) (any, error) {
	d := view.document(p.TextDocument.URI)
	if d == nil || !view.settings.Hover {
		return nil, nil
	}
	line := int(p.Position.Line)
	if line >= d.lines() {
		return nil, nil
	}
	var sections []string
	for _, sh := range view.sheets(d.path) {
		for _, s := range sh.suspectsOn(d, line) {
			sections = append(sections, evidenceMarkdown(view, s))
		}
		for _, m := range sh.marks.crashes {
			if at, _ := sh.now(d, m.place.line); at == line {
				sections = append(sections, crashMarkdown(view, m.crash))
			}
		}
	}
	if len(sections) == 0 {
		return nil, nil
	}
	text := strings.Join(sections, "\n\n---\n\n")
	kind := protocol.MarkupKindMarkdown
	if !view.client.markdown {
		text, kind = plainText(text), protocol.MarkupKindPlainText
	}
	r := d.lineRange(view.client.encoding, line)
	return &protocol.Hover{Contents: &protocol.MarkupContent{Kind: kind, Value: text}, Range: &r}, nil
}

// suspectsOn are the suspects that a line belongs to, each once: by the name
// that is defined there, or by evidence of its own.
func (sh sheet) suspectsOn(d *document, line int) []*attribution.Suspect {
	var all []*attribution.Suspect
	add := func(s *attribution.Suspect) {
		for _, known := range all {
			if known == s {
				return
			}
		}
		all = append(all, s)
	}
	for _, m := range sh.marks.functions {
		if at, _ := sh.now(d, nameOf(m.definition).line); at == line {
			add(m.suspect)
		}
	}
	for _, m := range sh.marks.lines {
		if at, touched := sh.now(d, m.line); at == line && !touched {
			add(m.suspect)
		}
	}
	return all
}

// plainText takes the marks out of our own Markdown: tables become lines of
// "name: value", emphasis and code lose their signs.
func plainText(markdown string) string {
	var b strings.Builder
	for line := range strings.Lines(markdown) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "|") && strings.Trim(line, "|-: ") == "":
			continue
		case strings.HasPrefix(line, "|"):
			cells := strings.Split(strings.Trim(line, "|"), "|")
			for i := range cells {
				cells[i] = strings.TrimSpace(cells[i])
			}
			line = strings.TrimSuffix(strings.Join(cells, ": "), ": ")
			if strings.Trim(line, ": ") == "" {
				continue
			}
		case strings.HasPrefix(line, "#"):
			line = strings.TrimLeft(line, "# ")
		}
		b.WriteString(strings.NewReplacer("**", "", "`", "").Replace(line))
		b.WriteByte('\n')
	}
	return strings.TrimRight(b.String(), "\n")
}
