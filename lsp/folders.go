package lsp

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
)

// workspaceMarkers are the files that mark a Bazel workspace's root, as
// src/main/cpp/workspace_layout.cc has them.
var workspaceMarkers = []string{"MODULE.bazel", "REPO.bazel", "WORKSPACE.bazel", "WORKSPACE"}

// maxImplicitFolders bounds the folders that come from opened documents.
const maxImplicitFolders = 16

// bazelRoot is the nearest directory at or above dir with a workspace marker,
// not above limit ("" is no limit), or "".
func bazelRoot(dir, limit string) string {
	for {
		for _, marker := range workspaceMarkers {
			if info, err := os.Stat(filepath.Join(dir, marker)); err == nil && info.Mode().IsRegular() {
				return filepath.ToSlash(dir)
			}
		}
		parent := filepath.Dir(dir)
		if parent == dir || limit != "" && !below(filepath.ToSlash(parent), limit) {
			return ""
		}
		dir = parent
	}
}

// withFolder adds a folder for a URI: rooted at the Bazel workspace around it,
// else at itself. One that is there already is not added twice.
func (s *session) withFolder(folders []*folder, u uri.URI, implicit bool) []*folder {
	path := pathOf(u)
	if path == "" {
		return folders // untitled, virtual: there is nothing to read
	}
	root := path
	if s.trusted {
		if above := bazelRoot(path, ""); above != "" {
			root = above
		}
	}
	f := &folder{id: folderID(s.clock.tick()), uri: u, root: root, implicit: implicit}
	if root != path {
		f.uri = uri.File(filepath.FromSlash(root))
	}
	for i, old := range folders {
		if old.root == root {
			if old.implicit && !implicit { // the client names it now
				kept := *old
				kept.implicit, kept.uri = false, f.uri
				folders = slices.Clone(folders)
				folders[i] = &kept
			}
			return folders
		}
	}
	return append(slices.Clip(folders), f)
}

func (s *session) didChangeWorkspaceFolders(_ context.Context, p *protocol.DidChangeWorkspaceFoldersParams) error {
	var before []*folder
	view := s.update(func(next *snapshot) bool {
		before = next.folders
		for _, gone := range p.Event.Removed {
			path := pathOf(gone.URI)
			next.folders = slices.DeleteFunc(slices.Clone(next.folders), func(f *folder) bool {
				return f.root == path || f.uri == gone.URI
			})
		}
		for _, added := range p.Event.Added {
			next.folders = s.withFolder(next.folders, added.URI, false)
		}
		return true
	})
	for _, old := range before {
		if view.folder(old.id) == nil {
			s.endFolder(old.id)
		}
	}
	for _, f := range view.folders {
		if !slices.ContainsFunc(before, func(o *folder) bool { return o.id == f.id }) {
			s.beginFolder(f)
		}
	}
	s.publishSoon()
	return nil
}

// openedIn finds the workspace around a document that was opened, where it is
// none of the known ones: a client without a root, or a nested workspace. A
// file of an external repository belongs to the workspace whose output base
// holds it, not to one of its own.
func (s *session) openedIn(d *document) {
	if d.path == "" || !isSource(d.path) {
		return
	}
	view := s.current()
	around, limit := view.folderOf(d.path), ""
	if around != nil {
		limit = around.root
	}
	if around == nil && (!s.trusted || view.inOutputBase(d.path)) {
		return
	}
	root := bazelRoot(filepath.Dir(d.path), limit)
	if root == "" || around != nil && root == around.root {
		return
	}
	var added *folder
	s.update(func(next *snapshot) bool {
		implicit := 0
		for _, f := range next.folders {
			if f.implicit {
				implicit++
			}
		}
		if implicit >= maxImplicitFolders {
			return false
		}
		before := len(next.folders)
		next.folders = s.withFolder(next.folders, uri.File(filepath.FromSlash(root)), true)
		if len(next.folders) > before {
			added = next.folders[before]
		}
		return added != nil
	})
	if added != nil {
		s.beginFolder(added)
	}
}

// beginFolder starts the work on a folder: its sources at once, and what its
// last build left behind.
func (s *session) beginFolder(f *folder) {
	if !s.running() {
		return
	}
	s.concludeSoon(f.id, 0)
	s.scanSoon(f.id, 0, scanStart)
}

// endFolder stops the work on a folder that is gone.
func (s *session) endFolder(id folderID) {
	s.background.drop(concludeKey(id))
	s.background.drop(scanKey(id))
	s.watches.stop(id)
	s.turns.forget(id)
	s.folderEnded(id)
}
