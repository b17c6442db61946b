// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"fmt"
	"io"
	"time"

	"go.lsp.dev/protocol"

	"example.invalid/starlark-memls/internal/input"
	"example.invalid/starlark-memls/lsp/internal/paths"
	"example.invalid/starlark-memls/lsp/internal/show"
	"example.invalid/starlark-memls/lsp/internal/text"
)

// After an edit the sources are analysed again when typing pauses.
const EditPause = 120 * time.Millisecond

// maxDiskCompare bounds what is read of a file to see how an opened buffer
// differs from it.
const maxDiskCompare = 8 << 20

func (s *Session) DidOpen(_ context.Context, p *protocol.DidOpenTextDocumentParams) error {
	item := p.TextDocument
	d := s.opened(item)
	s.Update(func(next *show.Snapshot) bool {
		next.SetClosed(item.URI, nil)
		next.SetDocument(item.URI, d)
		return true
	})
	s.openedIn(d)
	s.sourcesChanged(d.Path, 0)
	s.publishSoon()
	return nil
}

// opened is a document as it is opened: with what leads to it from the text
// that the last analysis may have read, which is the disk's, or, where the
// document was closed a moment ago, its last buffer's.
func (s *Session) opened(item protocol.TextDocumentItem) *text.Document {
	view, serial := s.Current(), s.Clock.Tick()
	if before := view.Closed[item.URI]; before != nil {
		return before.ReplaceAll(item.Text, item.Version, serial)
	}
	d := text.New(item.URI, paths.OfURI(item.URI), item.Version, serial, item.Text)
	if !s.mayRead(view, d.Path) {
		return d
	}
	disk, ok := diskText(d.Path)
	if !ok {
		return d
	}
	return text.New(d.URI, d.Path, 0, 0, disk).ReplaceAll(d.Text, d.Version, serial)
}

// mayRead reports whether a document's file may be looked at.
func (s *Session) mayRead(view *show.Snapshot, path string) bool {
	return path != "" && (s.Trusted || view.FolderOf(path) != nil)
}

// diskText is a source as the disk has it. It is not told for a file that is
// new, unreadable or large.
func diskText(path string) (text string, ok bool) {
	f, err := input.Open(context.Background(), path)
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

// DidChange runs in wire order. A change of a document that is not open is
// the client's mistake and is told.
func (s *Session) DidChange(_ context.Context, p *protocol.DidChangeTextDocumentParams) error {
	d := s.Current().Document(p.TextDocument.URI)
	if d == nil {
		return fmt.Errorf("didChange: %s is not open", p.TextDocument.URI)
	}
	enc := s.Current().Client.Encoding
	next := d
	for _, change := range p.ContentChanges {
		switch c := change.(type) {
		case *protocol.TextDocumentContentChangePartial:
			next = next.Replace(enc, c.Range, c.Text, p.TextDocument.Version, s.Clock.Tick())
		case *protocol.TextDocumentContentChangeWholeDocument:
			next = next.ReplaceAll(c.Text, p.TextDocument.Version, s.Clock.Tick())
		}
	}
	if next == d { // no changes, a new version
		same := *d
		same.Version = p.TextDocument.Version
		next = &same
	}
	s.Update(func(v *show.Snapshot) bool {
		v.SetDocument(d.URI, next)
		return true
	})
	s.sourcesChanged(d.Path, EditPause)
	return nil
}

func (s *Session) DidSave(_ context.Context, p *protocol.DidSaveTextDocumentParams) error {
	s.sourcesChanged(paths.OfURI(p.TextDocument.URI), 0)
	return nil
}

func (s *Session) DidClose(_ context.Context, p *protocol.DidCloseTextDocumentParams) error {
	view := s.Current()
	d := view.Document(p.TextDocument.URI)
	if d == nil {
		return nil
	}
	var closed *text.Document
	if paths.IsSource(d.Path) && s.mayRead(view, d.Path) {
		disk, _ := diskText(d.Path)
		closed = d.ReplaceAll(disk, 0, s.Clock.Tick())
	}
	s.Update(func(next *show.Snapshot) bool {
		next.SetDocument(d.URI, nil)
		next.SetClosed(d.URI, closed)
		return true
	})
	// What was typed and not saved is gone: the disk counts again.
	s.sourcesChanged(d.Path, 0)
	s.publishSoon()
	return nil
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

func (s *Session) DidChangeWatchedFiles(_ context.Context, p *protocol.DidChangeWatchedFilesParams) error {
	view := s.Current()
	for _, change := range p.Changes {
		path := paths.OfURI(change.URI)
		if path == "" || !paths.IsSource(path) || view.Documents[change.URI] != nil {
			continue // an open buffer counts, not the disk
		}
		s.sourcesChanged(path, EditPause)
	}
	return nil
}
