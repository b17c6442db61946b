package lsp

import (
	"os"
	"path/filepath"
	"strings"

	"example.invalid/starlark-memls/internal/report"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
)

// Where things are in the client's terms: paths, URIs, and the lines of this
// moment.

// uriOf spells a path as the client does: by its open document, or below its
// workspace folder's URI.
func (v *snapshot) uriOf(path string) uri.URI {
	if d := v.documentAt(path); d != nil {
		return d.uri
	}
	if f := v.folderOf(path); f != nil && path != f.root {
		if u, err := uri.JoinPath(f.uri, path[len(f.root):]); err == nil {
			return u
		}
	}
	return uri.File(path)
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

// pathArgument is a command's file as a source path.
func (v *snapshot) pathArgument(file string) string {
	dir := ""
	if len(v.folders) > 0 {
		dir = filepath.FromSlash(v.folders[0].root)
	}
	return canonical(pathFromArgument(file, dir))
}

// reportOptions are for a text about something in that file or measurement.
func (v *snapshot) reportOptions(path string) report.Options {
	o := report.Options{ReadFile: v.readFile}
	if f := v.folderOf(path); f != nil {
		o.Root = f.root
	} else if len(v.folders) > 0 {
		o.Root = v.folders[0].root
	}
	return o
}

// readFile reads a source, from its buffer where it is open.
func (v *snapshot) readFile(path string) ([]byte, error) {
	if d := v.documentAt(filepath.ToSlash(path)); d != nil {
		return []byte(d.text), nil
	}
	return os.ReadFile(path)
}

// nameRange is where a function's name stands in the text of this moment.
func (sh sheet) nameRange(d *document, enc encoding, m functionMark) protocol.Range {
	name := m.definition.NameRange
	line := sh.moved(d, nameOf(m.definition).line)
	text := d.line(line)
	if name.Start.Column == 0 || name.End.Line != name.Start.Line {
		return trimmedRange(enc, line, text)
	}
	return protocol.Range{
		Start: protocol.Position{Line: uint32(line), Character: characterOf(enc, text, runeOffset(text, name.Start.Column))},
		End:   protocol.Position{Line: uint32(line), Character: characterOf(enc, text, runeOffset(text, name.End.Column))},
	}
}

// moved takes a line of the analysed text to one of the document's, as now
// does, when it does not matter whether it was edited.
func (sh sheet) moved(d *document, line int) int {
	line, _ = shift(d.moves, sh.analysis.seen, line)
	return max(min(line, d.lines()-1), 0)
}

// now takes a line of the analysed text to one of the document's; it never
// lies beyond the document's end.
func (sh sheet) now(d *document, line int) (moved int, touched bool) {
	moved, touched = shift(d.edits, sh.analysis.seen, line)
	return max(min(moved, d.lines()-1), 0), touched
}
