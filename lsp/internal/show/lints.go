// SPDX-License-Identifier: Apache-2.0

package show

import (
	"iter"
	"maps"
	"slices"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"example.invalid/starlark-memls/internal/codes"
	"example.invalid/starlark-memls/internal/lint"
	"example.invalid/starlark-memls/internal/lint/flow"
	"example.invalid/starlark-memls/lsp/internal/text"
	"example.invalid/starlark-memls/starlark"
)

// Lints are what the memory checks found in a folder's sources, weighed by its
// report. They are immutable. They take longer than a report, and come after
// it: Seen and Workspace are of the sources that they were found in.
type Lints struct {
	Seen      int64
	Workspace *starlark.Workspace
	Files     map[string][]*lint.Finding
	texts     map[string]string // of the files that fixes edit
}

// NewLints sorts findings by file.
func NewLints(seen int64, program *flow.Program, found []*lint.Finding) *Lints {
	l := &Lints{Seen: seen, Workspace: program.Workspace, Files: map[string][]*lint.Finding{}, texts: map[string]string{}}
	for _, f := range found {
		l.Files[f.Place.File] = append(l.Files[f.Place.File], f)
		if f.Fix == nil {
			continue
		}
		for _, e := range f.Fix.Edits {
			l.texts[e.File] = string(program.Files[e.File].Text)
		}
	}
	return l
}

// Marked yields the files that a folder has something to say of.
func (f *Folder) Marked() iter.Seq[string] {
	return func(yield func(string) bool) {
		for path := range f.Analysis.Annotations.Files {
			if !yield(path) {
				return
			}
		}
		if f.Lints == nil {
			return
		}
		for path := range f.Lints.Files {
			if !yield(path) {
				return
			}
		}
	}
}

// reported gives the lines of the sources that the lints were found in.
func (l *Lints) reported() reported {
	return reported{Analysis: &Analysis{Seen: l.Seen, Workspace: l.Workspace}}
}

// lintFindings calls yield for what the checks found in a document, with the
// line of the text that was checked.
func lintFindings(v *Snapshot, d *text.Document, yield func(sh reported, f diagnosis, checked int)) {
	for _, folder := range v.Folders {
		if folder.Lints == nil || !v.Settings.Lint {
			continue
		}
		if folder.Lints.Seen < d.Serial && folder.Analysis.Seen > folder.Lints.Seen {
			continue // edited since, and the edits are forgotten: they are checked again at once
		}
		sh := folder.Lints.reported()
		for _, l := range folder.Lints.Files[d.Path] {
			f := diagnosis{lints: folder.Lints, code: l.Code, message: l.Message + " " + l.Advice, lint: l, line: sh.moved(d, l.Place.Line-1)}
			if l.Bill != nil {
				f.message = l.Message + " Measured: " + l.Bill.String() + ". " + l.Advice
			}
			name := lintRange(v.Client.Encoding, d, f.line, l.Place)
			f.name = &name
			for _, r := range l.Related {
				f.related = append(f.related, relatedPlace{SourceLine{Path: r.Place.File, Line: r.Place.Line - 1}, r.Message})
			}
			yield(sh, f, l.Place.Line-1)
		}
	}
}

// lintRange is the expression that a finding is about, as far as it is on one
// line.
func lintRange(enc text.Encoding, d *text.Document, line int, at flow.SourceRange) protocol.Range {
	code := d.Line(line)
	r := text.TrimmedRange(enc, line, code)
	if start := text.CharacterOf(enc, code, text.RuneOffset(code, at.Column)); start < r.End.Character {
		r.Start.Character = start
	}
	if at.EndLine == at.Line {
		if end := text.CharacterOf(enc, code, text.RuneOffset(code, at.End)); end > r.Start.Character && end < r.End.Character {
			r.End.Character = end
		}
	}
	return r
}

// fixOf is a fix as a workspace edit, nil where a text that it edits is no
// longer the one that was checked.
func fixOf(v *Snapshot, l *Lints, fix *lint.Fix) *protocol.WorkspaceEdit {
	changes := map[uri.URI][]protocol.TextEdit{}
	documents := map[uri.URI]*text.Document{}
	for _, e := range fix.Edits {
		u := v.URIOf(e.File)
		d := v.DocumentAt(e.File)
		if d != nil {
			u = d.URI
			if d.Text != l.texts[e.File] {
				return nil
			}
		} else if documents[u] == nil {
			d = text.New(u, e.File, 0, 0, l.texts[e.File])
		} else {
			d = documents[u]
		}
		documents[u] = d
		changes[u] = append(changes[u], protocol.TextEdit{
			Range:   protocol.Range{Start: positionAt(d, v.Client.Encoding, e.Start), End: positionAt(d, v.Client.Encoding, e.End)},
			NewText: e.Text,
		})
	}
	if !v.Client.documentChanges {
		return &protocol.WorkspaceEdit{Changes: changes}
	}
	out := &protocol.WorkspaceEdit{}
	for _, u := range slices.Sorted(maps.Keys(changes)) {
		one := &protocol.TextDocumentEdit{TextDocument: protocol.OptionalVersionedTextDocumentIdentifier{
			TextDocumentIdentifier: protocol.TextDocumentIdentifier{URI: u},
		}}
		if open := v.Documents[u]; open != nil {
			version := open.Version
			one.TextDocument.Version = &version
		}
		for i := range changes[u] {
			one.Edits = append(one.Edits, &changes[u][i])
		}
		out.DocumentChanges = append(out.DocumentChanges, one)
	}
	return out
}

// positionAt is an offset's position.
func positionAt(d *text.Document, enc text.Encoding, offset int) protocol.Position {
	line := d.LineAt(offset)
	return protocol.Position{Line: uint32(line), Character: text.CharacterOf(enc, d.Line(line), offset-d.Starts[line])}
}

// severityOf is how loudly a finding is told: as the user says, else as the
// checks do.
func severityOf(v *Snapshot, f diagnosis) codes.Severity {
	severity := v.Settings.Severity(f.code)
	if _, own := v.Settings.Severities[f.code]; f.lint != nil && severity != codes.Off && !own {
		return codes.Severity(f.lint.Severity)
	}
	return severity
}
