package lsp

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"example.invalid/starlark-memls/lsp/codes"
)

// source is what diagnostics say they are from.
const source = "starlark-memls"

// diagnostics puts a document's findings into the client's terms.
func (s *server) diagnostics(view *snapshot, d *document) []protocol.Diagnostic {
	findings := view.findings(d)
	all := make([]protocol.Diagnostic, 0, len(findings))
	for _, f := range findings {
		all = append(all, s.diagnostic(view, d, f))
	}
	return all
}

func (s *server) diagnostic(view *snapshot, d *document, f finding) protocol.Diagnostic {
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
		if href, ok := s.pages.code(f.code); ok {
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

// location is a place in the client's terms. Its lines are those of the
// analysed text, moved where the document is open.
func (v *snapshot) location(p place) protocol.Location {
	d := v.documentAt(p.path)
	line := p.line
	for _, sh := range v.sheets(p.path) {
		if d != nil {
			line, _ = sh.now(d, p.line)
			break
		}
	}
	at := protocol.Position{Line: uint32(line)}
	r := protocol.Range{Start: at, End: at}
	if d != nil {
		r = d.lineRange(v.client.encoding, line)
	}
	return protocol.Location{URI: v.uriOf(p.path), Range: r}
}

// shortPath is a path relative to its folder.
func (v *snapshot) shortPath(path string) string {
	if f := v.folderOf(path); f != nil {
		return strings.TrimPrefix(strings.TrimPrefix(path, f.root), "/")
	}
	return path
}

// documentDiagnostic answers a client that pulls.
func documentDiagnostic(_ context.Context, s *server, view *snapshot, p *protocol.DocumentDiagnosticParams) (any, error) {
	d := view.document(p.TextDocument.URI)
	items := []protocol.Diagnostic{}
	if d != nil {
		items = s.diagnostics(view, d)
	}
	id := resultID(items)
	if p.PreviousResultID != nil && *p.PreviousResultID == id {
		return &protocol.RelatedUnchangedDocumentDiagnosticReport{
			UnchangedDocumentDiagnosticReport: protocol.UnchangedDocumentDiagnosticReport{Kind: "unchanged", ResultID: id},
		}, nil
	}
	return &protocol.RelatedFullDocumentDiagnosticReport{
		FullDocumentDiagnosticReport: protocol.FullDocumentDiagnosticReport{Kind: "full", ResultID: &id, Items: items},
	}, nil
}

// workspaceDiagnostic answers with the diagnostics of every marked file.
func workspaceDiagnostic(ctx context.Context, s *server, view *snapshot, p *protocol.WorkspaceDiagnosticParams) (any, error) {
	known := map[uri.URI]string{}
	for _, previous := range p.PreviousResultIds {
		known[previous.URI] = previous.Value
	}
	report := &protocol.WorkspaceDiagnosticReport{Items: []protocol.WorkspaceDocumentDiagnosticReport{}}
	all, versions := s.allDiagnostics(ctx, view)
	for u := range known { // a file that lost its last finding
		if _, ok := all[u]; !ok {
			all[u] = []protocol.Diagnostic{}
		}
	}
	for _, u := range slices.Sorted(maps.Keys(all)) {
		id := resultID(all[u])
		if known[u] == id {
			report.Items = append(report.Items, &protocol.WorkspaceUnchangedDocumentDiagnosticReport{
				UnchangedDocumentDiagnosticReport: protocol.UnchangedDocumentDiagnosticReport{Kind: "unchanged", ResultID: id},
				URI:                               u, Version: versions[u],
			})
			continue
		}
		report.Items = append(report.Items, &protocol.WorkspaceFullDocumentDiagnosticReport{
			FullDocumentDiagnosticReport: protocol.FullDocumentDiagnosticReport{Kind: "full", ResultID: &id, Items: all[u]},
			URI:                          u, Version: versions[u],
		})
	}
	return report, ctx.Err()
}

// resultID names a list of diagnostics by what is in it.
func resultID(items []protocol.Diagnostic) string {
	raw, err := protocol.Marshal(items)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%016x", hash(string(raw)))
}
