package lsp

import (
	"fmt"
	"strings"

	"go.lsp.dev/protocol"

	"example.invalid/starlark-memls/lsp/codes"
)

// source is what diagnostics say they are from.
const source = "starlark-memls"

// diagnostics puts a document's findings into the client's terms.
func diagnostics(view *snapshot, d *document, pages *pages) []protocol.Diagnostic {
	findings := view.findings(d)
	all := make([]protocol.Diagnostic, 0, len(findings))
	for _, f := range findings {
		all = append(all, diagnostic(view, d, f, pages))
	}
	return all
}

func diagnostic(view *snapshot, d *document, f finding, pages *pages) protocol.Diagnostic {
	severity := view.settings.Severity(f.code)
	if f.minor && severity < codes.Information {
		severity = codes.Information
	}
	out := protocol.Diagnostic{
		Range:    findingRange(d, view.client.encoding, f),
		Severity: protocol.DiagnosticSeverity(severity),
		Code:     protocol.String(f.code),
		Source:   protocol.NewOptional(source),
	}
	message := f.message
	if view.client.codeDescription {
		if href, ok := pages.code(f.code); ok {
			out.CodeDescription = protocol.CodeDescription{Href: href}
		}
	}
	if view.client.related {
		for _, r := range f.related {
			out.RelatedInformation = append(out.RelatedInformation, protocol.DiagnosticRelatedInformation{
				Location: view.location(r.place), Message: r.message,
			})
		}
	} else {
		message += inWords(view, f.related)
	}
	out.Message = protocol.String(message)
	return out
}

// inWords tells related places to a client that cannot show them.
func inWords(view *snapshot, all []related) string {
	var b strings.Builder
	for _, r := range all {
		fmt.Fprintf(&b, "\n  %s:%d: %s", view.shortPath(r.place.path), r.place.line+1, r.message)
	}
	return b.String()
}

// findingRange is the function's name, or the line's text from the column on
// where one is known.
func findingRange(d *document, enc encoding, f finding) protocol.Range {
	if f.name != nil {
		return *f.name
	}
	r := d.lineRange(enc, f.line)
	if f.column > 1 {
		text := d.line(f.line)
		if at := characterOf(enc, text, columnOffset(text, f.column)); at > r.Start.Character && at < r.End.Character {
			r.Start.Character = at
		}
	}
	return r
}

// documentDiagnostic answers a client that pulls.
func documentDiagnostic(view *snapshot, p *protocol.DocumentDiagnosticParams, pages *pages) any {
	d := view.document(p.TextDocument.URI)
	items := []protocol.Diagnostic{}
	if d != nil {
		items = diagnostics(view, d, pages)
	}
	id := resultID(items)
	if p.PreviousResultID != nil && *p.PreviousResultID == id {
		return &protocol.RelatedUnchangedDocumentDiagnosticReport{
			UnchangedDocumentDiagnosticReport: protocol.UnchangedDocumentDiagnosticReport{Kind: "unchanged", ResultID: id},
		}
	}
	return &protocol.RelatedFullDocumentDiagnosticReport{
		FullDocumentDiagnosticReport: protocol.FullDocumentDiagnosticReport{Kind: "full", ResultID: &id, Items: items},
	}
}

// resultID names a list of diagnostics by what is in it.
func resultID(items []protocol.Diagnostic) string {
	raw, err := protocol.Marshal(items)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%016x", hash(string(raw)))
}
