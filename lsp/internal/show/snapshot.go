// SPDX-License-Identifier: Apache-2.0

package show

import (
	"context"
	"maps"
	"slices"

	"go.lsp.dev/uri"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/lsp/internal/paths"
	"example.invalid/starlark-memls/lsp/internal/text"
	"example.invalid/starlark-memls/lsp/settings"
	"example.invalid/starlark-memls/starlark"
)

// A Snapshot is everything that a request may look at. It is immutable: an
// edit or a finished analysis makes the next one (session.Store).
type Snapshot struct {
	Documents map[uri.URI]*text.Document
	// Closed are documents that were closed since some analysis, as the disk
	// has them: that analysis may have read what was typed and not saved.
	Closed map[uri.URI]*text.Document
	// Folders are the client's workspace folders in its order, then those
	// found around opened documents.
	Folders  []*Folder
	Settings settings.Settings
	Client   Capabilities
	// Sweep is the one that runs, or the last one; nil before the first.
	Sweep *SweepOverview
	// Plot is the path of the last picture, "" before the first.
	Plot string
}

// A Folder is one Bazel workspace, as one snapshot sees it. It is immutable.
type Folder struct {
	ID   FolderID
	URI  uri.URI // the client's, or made from the root
	Root string  // absolute, links resolved
	// Implicit: no workspace folder of the client's, but found around a
	// document that was opened.
	Implicit bool
	// Observed is what was read of measurements, nil before the first scan.
	Observed *Observed
	// Analysis is what was concluded, nil before the first time.
	Analysis *Analysis
	// Lints are what the memory checks found, nil before they ran.
	Lints *Lints
}

// A FolderID tells folders apart, also those of one root, one after another.
type FolderID int64

// Observed is what is known of a folder's measurements. It is immutable.
type Observed struct {
	Generation int64
	// detected are from the output base, loaded what a user named.
	Detected, Loaded []*observe.Observation
	// outputBase is canonical, "" where none was found. Stamp tells one
	// state of its files from another.
	OutputBase, Stamp string
	// Older are the leftovers of earlier builds that lie there.
	Older []measurement.Measurement
	// Living is which of Loaded is the heap of the running server; nil where it
	// was not asked.
	Living *LivingHeap
}

func (o *Observed) All() []*observe.Observation {
	if o == nil {
		return nil
	}
	return slices.Concat(o.Detected, o.Loaded)
}

// An Analysis is a report together with what it was concluded from. It is
// immutable.
type Analysis struct {
	Generation int64  // of the observed
	OutputBase string // that the workspace was loaded with
	// Seen is the serial of the last edit that the sources had.
	Seen        int64
	Workspace   *starlark.Workspace
	Report      *attribution.Report
	Annotations *annotations
}

// Document is the open document with that URI, or nil.
func (v *Snapshot) Document(u uri.URI) *text.Document { return v.Documents[u] }

// DocumentAt is the open document of a path, or nil.
func (v *Snapshot) DocumentAt(path string) *text.Document {
	for _, d := range v.Documents {
		if d.Path == path && path != "" {
			return d
		}
	}
	return nil
}

// Folder is the folder with that id, or nil when it is gone.
func (v *Snapshot) Folder(id FolderID) *Folder {
	for _, f := range v.Folders {
		if f.ID == id {
			return f
		}
	}
	return nil
}

// FolderOf is the innermost folder around a path, or nil.
func (v *Snapshot) FolderOf(path string) *Folder {
	var best *Folder
	for _, f := range v.Folders {
		if paths.Below(path, f.Root) && (best == nil || len(f.Root) > len(best.Root)) {
			best = f
		}
	}
	return best
}

// reported is what one folder's report says of one file.
type reported struct {
	Analysis *Analysis
	file     *fileAnnotations
}

// ReportedOf are the marks of a file, by folder: an external repository's file
// may have some from several.
func (v *Snapshot) ReportedOf(path string) []reported {
	if path == "" {
		return nil
	}
	var all []reported
	for _, f := range v.Folders {
		if f.Analysis == nil {
			continue
		}
		if m := f.Analysis.Annotations.Files[path]; m != nil {
			all = append(all, reported{f.Analysis, m})
		}
	}
	return all
}

// SetDocument puts in or, with nil, takes out a document.
func (v *Snapshot) SetDocument(u uri.URI, d *text.Document) {
	v.Documents = maps.Clone(v.Documents)
	if d == nil {
		delete(v.Documents, u)
	} else {
		v.Documents[u] = d
	}
}

// SetClosed remembers or, with nil, forgets a document that was closed.
func (v *Snapshot) SetClosed(u uri.URI, d *text.Document) {
	if d == nil && v.Closed[u] == nil {
		return
	}
	closed := maps.Clone(v.Closed)
	if closed == nil {
		closed = map[uri.URI]*text.Document{}
	}
	if d == nil {
		delete(closed, u)
	} else {
		closed[u] = d
	}
	v.Closed = closed
}

// SetFolder replaces the folder with the same id; false where it is gone.
func (v *Snapshot) SetFolder(f *Folder) bool {
	for i, old := range v.Folders {
		if old.ID == f.ID {
			v.Folders = slices.Clone(v.Folders)
			v.Folders[i] = f
			return true
		}
	}
	return false
}

// Overlays are the open buffers that count for a folder: its own, and those
// that are no folder's. Seen is the serial of the newest edit in them all, and
// of the newest close; an edit that is not in this snapshot has a greater one.
func (v *Snapshot) Overlays(f *Folder) (texts map[string][]byte, seen int64) {
	texts = map[string][]byte{}
	for _, d := range v.Closed {
		seen = max(seen, d.Serial)
	}
	for _, d := range v.Documents {
		seen = max(seen, d.Serial)
		if d.Path == "" || !paths.IsSource(d.Path) {
			continue
		}
		if of := v.FolderOf(d.Path); of == nil || of.ID == f.ID {
			texts[d.Path] = []byte(d.Text)
		}
	}
	return texts, seen
}

// ForgetEdits drops what every analysis has seen: edits from documents, and
// documents that were closed.
func (v *Snapshot) ForgetEdits() {
	seen := int64(-1)
	for _, f := range v.Folders {
		if f.Analysis != nil && (seen < 0 || f.Analysis.Seen < seen) {
			seen = f.Analysis.Seen
		}
	}
	for u, d := range v.Documents {
		if shorter := d.Without(seen); shorter != d {
			v.SetDocument(u, shorter)
		}
	}
	for u, d := range v.Closed {
		if d.Serial <= seen {
			v.SetClosed(u, nil)
		}
	}
}

func (v *Snapshot) InOutputBase(path string) bool {
	return slices.ContainsFunc(v.Folders, func(f *Folder) bool {
		return f.Observed != nil && f.Observed.OutputBase != "" && paths.Below(path, f.Observed.OutputBase)
	})
}

// FolderArgument finds the folder that a command means: the one around the
// path, else the first.
func (v *Snapshot) FolderArgument(path string) *Folder {
	if f := v.FolderOf(paths.Canonical(path)); f != nil && path != "" {
		return f
	}
	if len(v.Folders) > 0 {
		return v.Folders[0]
	}
	return nil
}

// EachFolder runs f on every folder, until ctx ends.
func (v *Snapshot) EachFolder(ctx context.Context, f func(*Folder)) {
	for _, one := range v.Folders {
		if ctx.Err() != nil {
			return
		}
		f(one)
	}
}

// LoadedSeries are the paths of what is loaded in a folder: series where the
// measurements are of one, else measurements.
func (f *Folder) LoadedSeries() []string {
	if f.Observed == nil {
		return nil
	}
	var paths []string
	for _, o := range f.Observed.Loaded {
		path := o.Summary.Series
		if path == "" {
			path = o.Summary.Path
		}
		if !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	return paths
}
