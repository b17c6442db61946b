// SPDX-License-Identifier: Apache-2.0

package show

import (
	"context"

	"go.lsp.dev/protocol"
)

// InlayHints answers with bytes and crashes at the ends of the lines that they
// belong to, and the sizes of a crash's variables behind their names. A line
// that was edited since has none: what was measured is not what stands there.
func InlayHints(ctx context.Context, view *Snapshot, p *protocol.InlayHintParams) ([]protocol.InlayHint, error) {
	d := view.Document(p.TextDocument.URI)
	hints := []protocol.InlayHint{}
	if d == nil || !view.Settings.InlayHints {
		return hints, nil
	}
	padding := true
	for _, sh := range view.ReportedOf(d.Path) {
		for _, m := range sh.file.Lines {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			line, touched := sh.now(d, m.Line)
			if touched || line < int(p.Range.Start.Line) || line > int(p.Range.End.Line) {
				continue
			}
			evidence := m.Evidence
			variables, rest := variableHints(view.Client.Encoding, line, d.Line(line), evidence, view.Settings.MinBytes)
			hints = append(hints, variables...)
			evidence.Locals = rest
			label := lineLabel(evidence, view.Settings.MinBytes)
			if label == "" {
				continue
			}
			if m.suspect.Stale {
				label += " (stale)"
			}
			end := d.LineRange(view.Client.Encoding, line).End
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
