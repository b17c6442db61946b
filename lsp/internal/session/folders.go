// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"example.invalid/starlark-memls/lsp/internal/paths"
	"example.invalid/starlark-memls/lsp/internal/show"
	"example.invalid/starlark-memls/lsp/internal/text"
)

// workspaceMarkers are the files that mark a Bazel workspace's root, as
// src/main/cpp/workspace_layout.cc has them.
var workspaceMarkers = []string{"MODULE.bazel", "REPO.bazel", "WORKSPACE.bazel", "WORKSPACE"}

// maxImplicitFolders bounds the folders that come from opened documents.
const maxImplicitFolders = 16

// bazelRoot is the nearest directory at or above dir with a workspace marker,
// not above limit ("" is no limit), or "".
func bazelRoot(dir, limit string) string {
	for !wholeMachine(dir) {
		for _, marker := range workspaceMarkers {
			if info, err := os.Stat(filepath.Join(dir, marker)); err == nil && info.Mode().IsRegular() {
				return filepath.ToSlash(dir)
			}
		}
		parent := filepath.Dir(dir)
		if parent == dir || limit != "" && !paths.Below(filepath.ToSlash(parent), limit) {
			return ""
		}
		dir = parent
	}
	return ""
}

// wholeMachine reports whether a directory is the root of the file system or the
// user's home. Nobody means to have either read through: a WORKSPACE file got
// there by accident, or an editor was started there.
func wholeMachine(dir string) bool {
	if dir == filepath.Dir(dir) {
		return true
	}
	home, err := os.UserHomeDir()
	return err == nil && filepath.IsAbs(home) && paths.Canonical(home) == filepath.ToSlash(dir)
}

// withFolder adds a folder for a URI: rooted at the Bazel workspace around it,
// else at itself. One that is there already is not added twice.
func (s *Session) withFolder(folders []*show.Folder, u uri.URI, implicit bool) []*show.Folder {
	path := paths.OfURI(u)
	if path == "" {
		return folders // untitled, virtual: there is nothing to read
	}
	if wholeMachine(path) {
		s.Log.Info("not read: this is no workspace; open a folder in it", "folder", path)
		return folders
	}
	root := path
	if s.Trusted {
		if above := bazelRoot(path, ""); above != "" {
			root = above
		}
	}
	f := &show.Folder{ID: show.FolderID(s.Clock.Tick()), URI: u, Root: root, Implicit: implicit}
	if root != path {
		f.URI = uri.File(filepath.FromSlash(root))
	}
	for i, old := range folders {
		if old.Root == root {
			if old.Implicit && !implicit { // the client names it now
				kept := *old
				kept.Implicit, kept.URI = false, f.URI
				folders = slices.Clone(folders)
				folders[i] = &kept
			}
			return folders
		}
	}
	return append(slices.Clip(folders), f)
}

func (s *Session) DidChangeWorkspaceFolders(_ context.Context, p *protocol.DidChangeWorkspaceFoldersParams) error {
	var before []*show.Folder
	view := s.Update(func(next *show.Snapshot) bool {
		before = next.Folders
		for _, gone := range p.Event.Removed {
			path := paths.OfURI(gone.URI)
			next.Folders = slices.DeleteFunc(slices.Clone(next.Folders), func(f *show.Folder) bool {
				return f.Root == path || f.URI == gone.URI
			})
		}
		for _, added := range p.Event.Added {
			next.Folders = s.withFolder(next.Folders, added.URI, false)
		}
		return true
	})
	for _, old := range before {
		if view.Folder(old.ID) == nil {
			s.endFolder(old.ID)
		}
	}
	for _, f := range view.Folders {
		if !slices.ContainsFunc(before, func(o *show.Folder) bool { return o.ID == f.ID }) {
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
func (s *Session) openedIn(d *text.Document) {
	if d.Path == "" || !paths.IsSource(d.Path) {
		return
	}
	view := s.Current()
	around, limit := view.FolderOf(d.Path), ""
	if around != nil {
		limit = around.Root
	}
	if around == nil && (!s.Trusted || view.InOutputBase(d.Path)) {
		return
	}
	root := bazelRoot(filepath.Dir(d.Path), limit)
	if root == "" || around != nil && root == around.Root {
		return
	}
	var added *show.Folder
	s.Update(func(next *show.Snapshot) bool {
		implicit := 0
		for _, f := range next.Folders {
			if f.Implicit {
				implicit++
			}
		}
		if implicit >= maxImplicitFolders {
			return false
		}
		before := len(next.Folders)
		next.Folders = s.withFolder(next.Folders, uri.File(filepath.FromSlash(root)), true)
		if len(next.Folders) > before {
			added = next.Folders[before]
		}
		return added != nil
	})
	if added != nil {
		s.beginFolder(added)
	}
}

// beginFolder starts the work on a folder: its sources at once, and what its
// last build left behind.
func (s *Session) beginFolder(f *show.Folder) {
	if !s.Running() {
		return
	}
	s.concludeSoon(f.ID, 0)
	s.scanSoon(f.ID, 0, scanStart)
	s.FolderBegun(f)
}

// endFolder stops the work on a folder that is gone.
func (s *Session) endFolder(id show.FolderID) {
	s.Background.Drop(concludeKey(id))
	s.Background.Drop(scanKey(id))
	s.Background.Drop(lintKey(id))
	s.watches.stop(id)
	s.Turns.forget(id)
	s.FolderEnded(id)
}
