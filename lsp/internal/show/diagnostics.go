// SPDX-License-Identifier: Apache-2.0

package show

import (
	"fmt"
	"strings"

	"go.lsp.dev/protocol"

	"example.invalid/starlark-memls/internal/codes"
	"example.invalid/starlark-memls/lsp/internal/text"
)

// source is what diagnostics say they are from.
const source = "starlark-memls"

// Diagnostics puts a document's findings into the client's terms.
func Diagnostics(view *Snapshot, d *text.Document, pages *Pages) []protocol.Diagnostic {
	findings := view.findings(d)
	all := make([]protocol.Diagnostic, 0, len(findings))
	for _, f := range findings {
		all = append(all, diagnostic(view, d, f, pages))
	}
	return all
}

func diagnostic(view *Snapshot, d *text.Document, f diagnosis, pages *Pages) protocol.Diagnostic {
	severity := severityOf(view, f)
	if f.minor && severity < codes.Information {
		severity = codes.Information
	}
	out := protocol.Diagnostic{
		Range:    findingRange(d, view.Client.Encoding, f),
		Severity: protocol.DiagnosticSeverity(severity),
		Code:     protocol.String(f.code),
		Source:   protocol.NewOptional(source),
	}
	message := f.message
	if view.Client.codeDescription {
		if href, ok := pages.code(f.code); ok {
			out.CodeDescription = protocol.CodeDescription{Href: href}
		}
	}
	if view.Client.related {
		for _, r := range f.related {
			out.RelatedInformation = append(out.RelatedInformation, protocol.DiagnosticRelatedInformation{
				Location: view.Location(r.Place), Message: r.message,
			})
		}
	} else {
		message += inWords(view, f.related)
	}
	out.Message = protocol.String(message)
	return out
}

// inWords tells related places to a client that cannot show them.
func inWords(view *Snapshot, all []relatedPlace) string {
	var b strings.Builder
	for _, r := range all {
		fmt.Fprintf(&b, "\n  %s:%d: %s", view.ShortPath(r.Place.Path), r.Place.Line+1, r.message)
	}
	return b.String()
}

// findingRange is the function's name, or the line's text from the column on
// where one is known.
func findingRange(d *text.Document, enc text.Encoding, f diagnosis) protocol.Range {
	if f.name != nil {
		return *f.name
	}
	r := d.LineRange(enc, f.line)
	if f.column > 1 {
		code := d.Line(f.line)
		if at := text.CharacterOf(enc, code, text.ColumnOffset(code, f.column)); at > r.Start.Character && at < r.End.Character {
			r.Start.Character = at
		}
	}
	return r
}

// DocumentDiagnostics answers a client that pulls.
func DocumentDiagnostics(view *Snapshot, p *protocol.DocumentDiagnosticParams, pages *Pages) any {
	d := view.Document(p.TextDocument.URI)
	items := []protocol.Diagnostic{}
	if d != nil {
		items = Diagnostics(view, d, pages)
	}
	id := ResultID(items)
	if p.PreviousResultID != nil && *p.PreviousResultID == id {
		return &protocol.RelatedUnchangedDocumentDiagnosticReport{
			UnchangedDocumentDiagnosticReport: protocol.UnchangedDocumentDiagnosticReport{Kind: "unchanged", ResultID: id},
		}
	}
	return &protocol.RelatedFullDocumentDiagnosticReport{
		FullDocumentDiagnosticReport: protocol.FullDocumentDiagnosticReport{Kind: "full", ResultID: &id, Items: items},
	}
}

// ResultID names a list of diagnostics by what is in it.
func ResultID(items []protocol.Diagnostic) string {
	raw, err := protocol.Marshal(items)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%016x", hash(string(raw)))
}
