package lsp

import (
	"context"

	"go.lsp.dev/protocol"
)

// inlayHint answers with bytes and crashes at the ends of the lines that they
// belong to, and the sizes of a crash's variables behind their names. A line
// that was edited since has none: what was measured is not what stands there.
func inlayHint(ctx context.Context, view *snapshot, p *protocol.InlayHintParams) ([]protocol.InlayHint, error) {
	d := view.document(p.TextDocument.URI)
	hints := []protocol.InlayHint{}
	if d == nil || !view.settings.InlayHints {
		return hints, nil
	}
	padding := true
	for _, sh := range view.sheets(d.path) {
		for _, m := range sh.marks.lines {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			line, touched := sh.now(d, m.line)
			if touched || line < int(p.Range.Start.Line) || line > int(p.Range.End.Line) {
				continue
			}
			evidence := m.evidence
			variables, rest := variableHints(view.client.encoding, line, d.line(line), evidence, view.settings.MinBytes)
			hints = append(hints, variables...)
			evidence.Locals = rest
			label := lineLabel(evidence, view.settings.MinBytes)
			if label == "" {
				continue
			}
			if m.suspect.Stale {
				label += " (stale)"
			}
			end := d.lineRange(view.client.encoding, line).End
			hints = append(hints, protocol.InlayHint{
				Position:    end,
				Label:       protocol.String(label),
				Tooltip:     protocol.String(m.suspect.Name + ": hover for the whole evidence"),
				PaddingLeft: &padding,
			})
		}
	}
	return hints, nil
}
