// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"example.invalid/starlark-memls/internal/input"
	"example.invalid/starlark-memls/lsp/internal/show"
	"example.invalid/starlark-memls/lsp/internal/text"
)

// A publisher sends the client its diagnostics: what is new and what is gone,
// and nothing twice.
type publisher struct {
	client *client
	pages  *show.Pages

	mu   sync.Mutex
	sent map[uri.URI]string // result ids
	// files are the texts that were read from disk.
	files map[string]diskFile
}

// A diskFile is a text that was read from disk, to know its columns.
type diskFile struct {
	modified time.Time
	size     int64
	document *text.Document
}

// publish sends the diagnostics of all marked files that are other than what
// the client was told, and takes back those that are gone. With a document's
// diagnostics goes the version that they were made for.
func (p *publisher) publish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	view := p.client.store.Current() // under the lock: what is sent last is newest
	if view.Settings.Pull || !p.client.Running() {
		return
	}
	all, versions := p.allDiagnosticsLocked(view)
	if p.sent == nil {
		p.sent = map[uri.URI]string{}
	}
	for u := range p.sent {
		if _, ok := all[u]; !ok {
			all[u] = []protocol.Diagnostic{}
		}
	}
	for u, items := range all {
		id := show.ResultID(items)
		before, known := p.sent[u]
		if known && before == id || !known && len(items) == 0 {
			continue
		}
		params := &protocol.PublishDiagnosticsParams{URI: u, Diagnostics: items}
		if v := versions[u]; v != nil {
			params.Version = protocol.NewOptional(*v)
		}
		p.client.Notify(protocol.MethodTextDocumentPublishDiagnostics, params)
		if len(items) == 0 {
			delete(p.sent, u)
		} else {
			p.sent[u] = id
		}
	}
}

// allDiagnostics are those of every marked file, and the versions of those
// that are open.
func (p *publisher) allDiagnostics(_ context.Context, view *show.Snapshot) (map[uri.URI][]protocol.Diagnostic, map[uri.URI]*int32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.allDiagnosticsLocked(view)
}

func (p *publisher) allDiagnosticsLocked(view *show.Snapshot) (map[uri.URI][]protocol.Diagnostic, map[uri.URI]*int32) {
	all, versions := map[uri.URI][]protocol.Diagnostic{}, map[uri.URI]*int32{}
	done := map[string]bool{}
	for _, f := range view.Folders {
		if f.Analysis == nil {
			continue
		}
		for path := range f.Marked() {
			if done[path] {
				continue
			}
			done[path] = true
			d := view.DocumentAt(path)
			if d != nil {
				version := d.Version
				versions[d.URI] = &version
			} else if d = p.fromDisk(view, path); d == nil {
				continue
			}
			if items := show.Diagnostics(view, d, p.pages); len(items) > 0 {
				all[d.URI] = items
			}
		}
	}
	return all, versions
}

// maxDiskSource bounds what is read to find a line's columns.
const maxDiskSource = 32 << 20

// fromDisk reads a source that is not open, once for each of its states.
func (p *publisher) fromDisk(view *show.Snapshot, path string) *text.Document {
	info, err := os.Stat(filepath.FromSlash(path))
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxDiskSource {
		return nil
	}
	u := view.URIOf(path)
	if known, ok := p.files[path]; ok && known.modified.Equal(info.ModTime()) && known.size == info.Size() && known.document.URI == u {
		return known.document
	}
	content, err := input.ReadFile(context.Background(), filepath.FromSlash(path), maxDiskSource)
	if err != nil {
		return nil
	}
	if p.files == nil {
		p.files = map[string]diskFile{}
	}
	d := text.New(u, path, 0, 0, string(content))
	p.files[path] = diskFile{info.ModTime(), info.Size(), d}
	return d
}

// WorkspaceDiagnostic answers with the diagnostics of every marked file.
func (p *publisher) WorkspaceDiagnostic(ctx context.Context, view *show.Snapshot, params *protocol.WorkspaceDiagnosticParams) (any, error) {
	known := map[uri.URI]string{}
	for _, previous := range params.PreviousResultIds {
		known[previous.URI] = previous.Value
	}
	report := &protocol.WorkspaceDiagnosticReport{Items: []protocol.WorkspaceDocumentDiagnosticReport{}}
	all, versions := p.allDiagnostics(ctx, view)
	for u := range known { // a file that lost its last finding
		if _, ok := all[u]; !ok {
			all[u] = []protocol.Diagnostic{}
		}
	}
	for _, u := range slices.Sorted(maps.Keys(all)) {
		id := show.ResultID(all[u])
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
