// SPDX-License-Identifier: Apache-2.0

package show

import (
	"slices"
	"strings"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"example.invalid/starlark-memls/internal/lint/suppress"
	"example.invalid/starlark-memls/lsp/internal/text"
)

// CodeActions offers, for the findings and functions on the lines of a range:
// go to the crash, show the evidence, explain the code, suppress it.
func CodeActions(view *Snapshot, p *protocol.CodeActionParams, pages *Pages) []protocol.CommandOrCodeAction {
	d := view.Document(p.TextDocument.URI)
	out := []protocol.CommandOrCodeAction{}
	if d == nil || !wantsQuickFix(p.Context.Only) {
		return out
	}
	b := actionBuilder{view: view, document: d, seen: map[string]bool{}}
	for _, f := range view.findings(d) {
		if f.line < int(p.Range.Start.Line) || f.line > int(p.Range.End.Line) {
			continue
		}
		b.finding(f, diagnostic(view, d, f, pages))
	}
	for _, m := range view.functionsOn(d, p.Range) {
		b.evidence(m, nil)
	}
	return b.out()
}

// wantsQuickFix: a kind that a client asks for includes those below it.
func wantsQuickFix(only []protocol.CodeActionKind) bool {
	return len(only) == 0 || slices.Contains(only, protocol.CodeActionKindEmpty) || slices.Contains(only, protocol.CodeActionKindQuickFix)
}

// functionsOn are the visible functions whose name is on the lines of a range.
func (v *Snapshot) functionsOn(d *text.Document, r protocol.Range) []functionAnnotation {
	var all []functionAnnotation
	for _, sh := range v.ReportedOf(d.Path) {
		for _, m := range sh.visible(v.Settings) {
			line, _ := sh.now(d, nameOf(m.Definition).Line)
			if line >= int(r.Start.Line) && line <= int(r.End.Line) {
				all = append(all, m)
			}
		}
	}
	return all
}

// actionBuilder collects actions, each once.
type actionBuilder struct {
	view     *Snapshot
	document *text.Document
	seen     map[string]bool
	actions  []*protocol.CodeAction
}

// out is the answer, as commands alone where the client takes nothing else.
func (b *actionBuilder) out() []protocol.CommandOrCodeAction {
	out := []protocol.CommandOrCodeAction{}
	for _, a := range b.actions {
		switch {
		case b.view.Client.actionLiterals:
			out = append(out, a)
		case a.Command.Command != "":
			out = append(out, &a.Command)
		}
	}
	return out
}

func (b *actionBuilder) add(a *protocol.CodeAction, about *protocol.Diagnostic) {
	if b.seen[a.Title] {
		return
	}
	b.seen[a.Title] = true
	kind := protocol.CodeActionKindQuickFix
	a.Kind = &kind
	if about != nil {
		a.Diagnostics = []protocol.Diagnostic{*about}
	}
	b.actions = append(b.actions, a)
}

func (b *actionBuilder) command(about *protocol.Diagnostic, title, command string, argument protocol.LSPAny) {
	b.add(&protocol.CodeAction{Title: title, Command: protocol.Command{
		Title: title, Command: command, Arguments: []protocol.LSPAny{argument},
	}}, about)
}

func (b *actionBuilder) finding(f diagnosis, about protocol.Diagnostic) {
	if f.crash != nil {
		argument := MustJSON(CrashArgument{Crash: b.view.CrashIndex(f.crash)})
		if f.code != "ML001" {
			b.command(&about, "Go to the crash", CommandJumpToCrash, argument)
		}
		b.command(&about, "Show the crash report", CommandShowCrashReport, argument)
	}
	if f.suspect != nil {
		b.evidence(*f.suspect, &about)
	}
	if f.lint != nil && f.lint.Fix != nil {
		if e := fixOf(b.view, f.lints, f.lint.Fix); e != nil {
			b.add(&protocol.CodeAction{Title: f.lint.Fix.Title, Edit: e}, &about)
		}
	}
	b.command(&about, "Explain "+f.code, CommandExplain, MustJSON(ExplainArgument{Code: f.code}))
	b.add(&protocol.CodeAction{
		Title: "Suppress " + f.code + " with a comment",
		Edit:  b.view.edit(b.document, suppressingEdit(b.document, b.view.Client.Encoding, f.line, f.code)),
	}, &about)
}

func (b *actionBuilder) evidence(m functionAnnotation, about *protocol.Diagnostic) {
	b.command(about, "Show the evidence against "+m.Suspect.Name, CommandShowEvidence, evidenceArgumentOf(m).json())
}

// suppressingEdit puts the comment at the end of the line; into the comment
// that is there already; or, where the end of the line is no place for a
// comment (in a text of several lines, before a continuation), on a line of
// its own above.
func suppressingEdit(d *text.Document, enc text.Encoding, line int, code string) protocol.TextEdit {
	source := d.Line(line)
	at := func(offset int) protocol.Position {
		return protocol.Position{Line: uint32(line), Character: text.CharacterOf(enc, source, offset)}
	}
	if i := strings.LastIndex(source, "# "+suppress.Mark+" ignore["); i >= 0 {
		if end := strings.IndexByte(source[i:], ']'); end > 0 {
			p := at(i + end)
			return protocol.TextEdit{Range: protocol.Range{Start: p, End: p}, NewText: "," + code}
		}
	}
	comment := "# " + suppress.Mark + " ignore[" + code + "]"
	trimmed := strings.TrimRight(source, " \t")
	if strings.HasSuffix(trimmed, `\`) || strings.Contains(trimmed, `"""`) || strings.Contains(trimmed, `'''`) {
		indent := source[:len(source)-len(strings.TrimLeft(source, " \t"))]
		p := at(0)
		return protocol.TextEdit{Range: protocol.Range{Start: p, End: p}, NewText: indent + comment + d.LineEnd()}
	}
	return protocol.TextEdit{Range: protocol.Range{Start: at(len(trimmed)), End: at(len(source))}, NewText: "  " + comment}
}

// edit is a workspace edit of one document: with its version where the client
// takes one.
func (v *Snapshot) edit(d *text.Document, e protocol.TextEdit) *protocol.WorkspaceEdit {
	if !v.Client.documentChanges {
		return &protocol.WorkspaceEdit{Changes: map[uri.URI][]protocol.TextEdit{d.URI: {e}}}
	}
	version := d.Version
	return &protocol.WorkspaceEdit{DocumentChanges: []protocol.DocumentChange{&protocol.TextDocumentEdit{
		TextDocument: protocol.OptionalVersionedTextDocumentIdentifier{
			TextDocumentIdentifier: protocol.TextDocumentIdentifier{URI: d.URI}, Version: &version,
		},
		Edits: []protocol.TextDocumentEditElement{&e},
	}}}
}
