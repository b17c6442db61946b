package lsp

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"time"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
)

// published is what the client has been told, so that it is told what is new
// and what is gone, and nothing twice.
type published struct {
	mu          sync.Mutex
	diagnostics map[uri.URI]string // result ids
	told        map[string]bool
	files       map[string]diskFile
}

// A diskFile is a text that was read from disk, to know its columns.
type diskFile struct {
	modified time.Time
	size     int64
	document *document
}

// firstTime reports whether this is said for the first time.
func (p *published) firstTime(what string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.told == nil {
		p.told = map[string]bool{}
	}
	first := !p.told[what]
	p.told[what] = true
	return first
}

// publishSoon publishes in the background, from the snapshot of then.
func (s *server) publishSoon() {
	s.background.start("publish", 0, func(context.Context) { s.publish() })
}

// publish sends the diagnostics of all marked files that are other than what
// the client was told, and takes back those that are gone. With a document's
// diagnostics goes the version that they were made for.
func (s *server) publish() {
	s.published.mu.Lock()
	defer s.published.mu.Unlock()
	view := s.state.Load() // under the lock: what is sent last is newest
	if view.settings.Pull || !s.life.running() {
		return
	}
	all, versions := s.allDiagnosticsLocked(view)
	if s.published.diagnostics == nil {
		s.published.diagnostics = map[uri.URI]string{}
	}
	for u := range s.published.diagnostics {
		if _, ok := all[u]; !ok {
			all[u] = []protocol.Diagnostic{}
		}
	}
	for u, items := range all {
		id := resultID(items)
		before, known := s.published.diagnostics[u]
		if known && before == id || !known && len(items) == 0 {
			continue
		}
		params := &protocol.PublishDiagnosticsParams{URI: u, Diagnostics: items}
		if v := versions[u]; v != nil {
			params.Version = protocol.NewOptional(*v)
		}
		s.notify(protocol.MethodTextDocumentPublishDiagnostics, params)
		if len(items) == 0 {
			delete(s.published.diagnostics, u)
		} else {
			s.published.diagnostics[u] = id
		}
	}
}

// allDiagnostics are those of every marked file, and the versions of those
// that are open.
func (s *server) allDiagnostics(_ context.Context, view *snapshot) (map[uri.URI][]protocol.Diagnostic, map[uri.URI]*int32) {
	s.published.mu.Lock()
	defer s.published.mu.Unlock()
	return s.allDiagnosticsLocked(view)
}

func (s *server) allDiagnosticsLocked(view *snapshot) (map[uri.URI][]protocol.Diagnostic, map[uri.URI]*int32) {
	all, versions := map[uri.URI][]protocol.Diagnostic{}, map[uri.URI]*int32{}
	done := map[string]bool{}
	for _, f := range view.folders {
		if f.analysis == nil {
			continue
		}
		for path := range f.analysis.marks.files {
			if done[path] {
				continue
			}
			done[path] = true
			d := view.documentAt(path)
			if d != nil {
				version := d.version
				versions[d.uri] = &version
			} else if d = s.published.fromDisk(view, path); d == nil {
				continue
			}
			if items := s.diagnostics(view, d); len(items) > 0 {
				all[d.uri] = items
			}
		}
	}
	return all, versions
}

// maxDiskSource bounds what is read to find a line's columns.
const maxDiskSource = 32 << 20

// fromDisk reads a source that is not open, once for each of its states.
func (p *published) fromDisk(view *snapshot, path string) *document {
	info, err := os.Stat(filepath.FromSlash(path))
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxDiskSource {
		return nil
	}
	u := view.uriOf(path)
	if known, ok := p.files[path]; ok && known.modified.Equal(info.ModTime()) && known.size == info.Size() && known.document.uri == u {
		return known.document
	}
	text, err := os.ReadFile(filepath.FromSlash(path))
	if err != nil {
		return nil
	}
	if p.files == nil {
		p.files = map[string]diskFile{}
	}
	d := newDocument(u, path, 0, 0, string(text))
	p.files[path] = diskFile{info.ModTime(), info.Size(), d}
	return d
}
