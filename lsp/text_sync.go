package lsp

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"go.lsp.dev/protocol"
)

// After an edit the sources are analysed again when typing pauses.
const editPause = 120 * time.Millisecond

// maxDiskCompare bounds what is read of a file to see how an opened buffer
// differs from it.
const maxDiskCompare = 8 << 20

func didOpen(_ context.Context, s *server, p *protocol.DidOpenTextDocumentParams) error {
	item := p.TextDocument
	d := newDocument(item.URI, pathOf(item.URI), item.Version, s.clock.tick(), item.Text)
	if d.path != "" && (s.trusted || s.state.Load().folderOf(d.path) != nil) {
		d.edits = editsSinceDisk(d)
		d.moves = d.edits
	}
	s.update(func(next *snapshot) bool {
		next.setDocument(item.URI, d)
		return true
	})
	s.openedIn(d)
	s.sourcesChanged(d.path, 0)
	s.publishSoon()
	return nil
}

// editsSinceDisk is how a buffer that was just opened differs from the file
// that the last analysis may have read.
func editsSinceDisk(d *document) []lineEdit {
	f, err := os.Open(d.path)
	if err != nil {
		return nil // a new file
	}
	defer func() { _ = f.Close() }()
	disk, err := io.ReadAll(io.LimitReader(f, maxDiskCompare))
	if err != nil || string(disk) == d.text || len(disk) == maxDiskCompare {
		return nil
	}
	edit := diffLines(newDocument(d.uri, "", 0, 0, string(disk)).allLines(), d.allLines())
	edit.version = d.serial
	return []lineEdit{edit}
}

// didChange runs in wire order. A change of a document that is not open is
// the client's mistake and is told.
func didChange(_ context.Context, s *server, p *protocol.DidChangeTextDocumentParams) error {
	d := s.state.Load().document(p.TextDocument.URI)
	if d == nil {
		return fmt.Errorf("didChange: %s is not open", p.TextDocument.URI)
	}
	enc := s.state.Load().client.encoding
	next := d
	for _, change := range p.ContentChanges {
		switch c := change.(type) {
		case *protocol.TextDocumentContentChangePartial:
			next = next.replace(enc, c.Range, c.Text, p.TextDocument.Version, s.clock.tick())
		case *protocol.TextDocumentContentChangeWholeDocument:
			next = next.replaceAll(c.Text, p.TextDocument.Version, s.clock.tick())
		}
	}
	if next == d { // no changes, a new version
		same := *d
		same.version = p.TextDocument.Version
		next = &same
	}
	s.update(func(v *snapshot) bool {
		v.setDocument(d.uri, next)
		return true
	})
	s.sourcesChanged(d.path, editPause)
	return nil
}

func didSave(_ context.Context, s *server, p *protocol.DidSaveTextDocumentParams) error {
	s.sourcesChanged(pathOf(p.TextDocument.URI), 0)
	return nil
}

func didClose(_ context.Context, s *server, p *protocol.DidCloseTextDocumentParams) error {
	d := s.state.Load().document(p.TextDocument.URI)
	if d == nil {
		return nil
	}
	s.update(func(next *snapshot) bool {
		next.setDocument(d.uri, nil)
		return true
	})
	// What was typed and not saved is gone: the disk counts again.
	s.sourcesChanged(d.path, 0)
	s.publishSoon()
	return nil
}

// isSource reports whether a path may be one that the starlark package reads.
func isSource(path string) bool {
	name := path[strings.LastIndexByte(path, '/')+1:]
	switch name {
	case "BUILD", "WORKSPACE", ".bazelignore":
		return true
	}
	return strings.HasSuffix(name, ".bzl") || strings.HasSuffix(name, ".bazel")
}
