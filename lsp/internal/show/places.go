// SPDX-License-Identifier: Apache-2.0

package show

import (
	"context"
	"path/filepath"
	"strings"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"example.invalid/starlark-memls/internal/input"
	"example.invalid/starlark-memls/internal/report"
	"example.invalid/starlark-memls/lsp/internal/paths"
	"example.invalid/starlark-memls/lsp/internal/text"
)

// Where things are in the client's terms: paths, URIs, and the lines of this
// moment.

// URIOf spells a path as the client does: by its open document, or below its
// workspace folder's URI.
func (v *Snapshot) URIOf(path string) uri.URI {
	if d := v.DocumentAt(path); d != nil {
		return d.URI
	}
	if f := v.FolderOf(path); f != nil && path != f.Root {
		if u, err := uri.JoinPath(f.URI, path[len(f.Root):]); err == nil {
			return u
		}
	}
	return uri.File(path)
}

// Location is a place in the client's terms. Its lines are those of the
// analysed text, moved where the document is open.
func (v *Snapshot) Location(p SourceLine) protocol.Location {
	d := v.DocumentAt(p.Path)
	line := p.Line
	for _, sh := range v.ReportedOf(p.Path) {
		if d != nil {
			line, _ = sh.now(d, p.Line)
			break
		}
	}
	at := protocol.Position{Line: uint32(line)}
	r := protocol.Range{Start: at, End: at}
	if d != nil {
		r = d.LineRange(v.Client.Encoding, line)
	}
	return protocol.Location{URI: v.URIOf(p.Path), Range: r}
}

// ShortPath is a path relative to its folder.
func (v *Snapshot) ShortPath(path string) string {
	if f := v.FolderOf(path); f != nil {
		return strings.TrimPrefix(strings.TrimPrefix(path, f.Root), "/")
	}
	return path
}

// pathArgument is a command's file as a source path.
func (v *Snapshot) pathArgument(file string) string {
	dir := ""
	if len(v.Folders) > 0 {
		dir = filepath.FromSlash(v.Folders[0].Root)
	}
	return paths.Canonical(paths.FromArgument(file, dir))
}

// reportOptions are for a text about something in that file or measurement.
func (v *Snapshot) reportOptions(path string) report.Options {
	o := report.Options{ReadFile: v.readFile}
	if f := v.FolderOf(path); f != nil {
		o.Root = f.Root
	} else if len(v.Folders) > 0 {
		o.Root = v.Folders[0].Root
	}
	return o
}

// maxSource bounds a source that a line is quoted from, in bytes.
const maxSource = 32 << 20

// readFile reads a source, from its buffer where it is open.
func (v *Snapshot) readFile(path string) ([]byte, error) {
	if d := v.DocumentAt(filepath.ToSlash(path)); d != nil {
		return []byte(d.Text), nil
	}
	return input.ReadFile(context.Background(), path, maxSource)
}

// nameRange is where a function's name stands in the text of this moment.
func (sh reported) nameRange(d *text.Document, enc text.Encoding, m functionAnnotation) protocol.Range {
	name := m.Definition.NameRange
	line := sh.moved(d, nameOf(m.Definition).Line)
	code := d.Line(line)
	if name.Start.Column == 0 || name.End.Line != name.Start.Line {
		return text.TrimmedRange(enc, line, code)
	}
	return protocol.Range{
		Start: protocol.Position{Line: uint32(line), Character: text.CharacterOf(enc, code, text.RuneOffset(code, name.Start.Column))},
		End:   protocol.Position{Line: uint32(line), Character: text.CharacterOf(enc, code, text.RuneOffset(code, name.End.Column))},
	}
}

// moved takes a line of the analysed text to one of the document's, as now
// does, when it does not matter whether it was edited.
func (sh reported) moved(d *text.Document, line int) int {
	line, _ = text.Shift(d.Moves, sh.Analysis.Seen, line)
	return max(min(line, d.Lines()-1), 0)
}

// now takes a line of the analysed text to one of the document's; it never
// lies beyond the document's end.
func (sh reported) now(d *text.Document, line int) (moved int, touched bool) {
	moved, touched = text.Shift(d.Edits, sh.Analysis.Seen, line)
	return max(min(moved, d.Lines()-1), 0), touched
}
