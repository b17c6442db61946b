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

func (s *session) didOpen(_ context.Context, p *protocol.DidOpenTextDocumentParams) error {
	item := p.TextDocument
	d := s.opened(item)
	s.update(func(next *snapshot) bool {
		next.setClosed(item.URI, nil)
		next.setDocument(item.URI, d)
		return true
	})
	s.openedIn(d)
	s.sourcesChanged(d.path, 0)
	s.publishSoon()
	return nil
}

// opened is a document as it is opened: with what leads to it from the text
// that the last analysis may have read, which is the disk's, or, where the
// document was closed a moment ago, its last buffer's.
func (s *session) opened(item protocol.TextDocumentItem) *document {
	view, serial := s.current(), s.clock.tick()
	if before := view.closed[item.URI]; before != nil {
		return before.replaceAll(item.Text, item.Version, serial)
	}
	d := newDocument(item.URI, pathOf(item.URI), item.Version, serial, item.Text)
	if !s.mayRead(view, d.path) {
		return d
	}
	disk, ok := diskText(d.path)
	if !ok {
		return d
	}
	return newDocument(d.uri, d.path, 0, 0, disk).replaceAll(d.text, d.version, serial)
}

// mayRead reports whether a document's file may be looked at.
func (s *session) mayRead(view *snapshot, path string) bool {
	return path != "" && (s.trusted || view.folderOf(path) != nil)
}

// diskText is a source as the disk has it. It is not told for a file that is
// new, unreadable or large.
func diskText(path string) (text string, ok bool) {
	f, err := os.Open(path)
	if err != nil {
		return "", false
	}
	defer func() { _ = f.Close() }()
	disk, err := io.ReadAll(io.LimitReader(f, maxDiskCompare))
	if err != nil || len(disk) == maxDiskCompare {
		return "", false
	}
	return string(disk), true
}

// didChange runs in wire order. A change of a document that is not open is
// the client's mistake and is told.
func (s *session) didChange(_ context.Context, p *protocol.DidChangeTextDocumentParams) error {
	d := s.current().document(p.TextDocument.URI)
	if d == nil {
		return fmt.Errorf("didChange: %s is not open", p.TextDocument.URI)
	}
	enc := s.current().client.encoding
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

func (s *session) didSave(_ context.Context, p *protocol.DidSaveTextDocumentParams) error {
	s.sourcesChanged(pathOf(p.TextDocument.URI), 0)
	return nil
}

func (s *session) didClose(_ context.Context, p *protocol.DidCloseTextDocumentParams) error {
	view := s.current()
	d := view.document(p.TextDocument.URI)
	if d == nil {
		return nil
	}
	var closed *document
	if isSource(d.path) && s.mayRead(view, d.path) {
		disk, _ := diskText(d.path)
		closed = d.replaceAll(disk, 0, s.clock.tick())
	}
	s.update(func(next *snapshot) bool {
		next.setDocument(d.uri, nil)
		next.setClosed(d.uri, closed)
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

// sourceGlob is what the starlark package reads.
const sourceGlob = "**/{*.bzl,*.bazel,BUILD,WORKSPACE,.bazelignore}"

// watchedFilesRegistration asks the client to tell of changed sources. The
// output base lies outside the workspace: that is watched here (watch.go).
func watchedFilesRegistration() protocol.Registration {
	options, err := protocol.Marshal(&protocol.DidChangeWatchedFilesRegistrationOptions{
		Watchers: []protocol.FileSystemWatcher{{GlobPattern: protocol.Pattern(sourceGlob)}},
	})
	if err != nil {
		panic(err) // constants: cannot fail
	}
	return protocol.Registration{
		ID: "sources", Method: protocol.MethodWorkspaceDidChangeWatchedFiles, RegisterOptions: options,
	}
}

func (s *session) didChangeWatchedFiles(_ context.Context, p *protocol.DidChangeWatchedFilesParams) error {
	view := s.current()
	for _, change := range p.Changes {
		path := pathOf(change.URI)
		if path == "" || !isSource(path) || view.documents[change.URI] != nil {
			continue // an open buffer counts, not the disk
		}
		s.sourcesChanged(path, editPause)
	}
	return nil
}
