package lsp

import (
	"context"
	"maps"
	"slices"

	"go.lsp.dev/uri"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/starlark"
)

// A snapshot is everything that a request may look at. It is immutable: an
// edit or a finished analysis makes the next one (server.update).
type snapshot struct {
	documents map[uri.URI]*document
	// closed are documents that were closed since some analysis, as the disk
	// has them: that analysis may have read what was typed and not saved.
	closed map[uri.URI]*document
	// folders are the client's workspace folders in its order, then those
	// found around opened documents.
	folders  []*folder
	settings Settings
	client   clientCapabilities
	// sweep is the one that runs, or the last one; nil before the first.
	sweep *SweepOverview
	// plot is the path of the last picture, "" before the first.
	plot string
}

// A folder is one Bazel workspace, as one snapshot sees it. It is immutable.
type folder struct {
	id   folderID
	uri  uri.URI // the client's, or made from the root
	root string  // absolute, links resolved
	// implicit: no workspace folder of the client's, but found around a
	// document that was opened.
	implicit bool
	// observed is what was read of measurements, nil before the first scan.
	observed *observed
	// analysis is what was concluded, nil before the first time.
	analysis *analysis
}

// A folderID tells folders apart, also those of one root, one after another.
type folderID int64

// observed is what is known of a folder's measurements. It is immutable.
type observed struct {
	generation int64
	// detected are from the output base, loaded what a user named.
	detected, loaded []*attribution.Observation
	// outputBase is canonical, "" where none was found. Stamp tells one
	// state of its files from another.
	outputBase, stamp string
	// older are the leftovers of earlier builds that lie there.
	older []measurement.Measurement
}

func (o *observed) all() []*attribution.Observation {
	if o == nil {
		return nil
	}
	return slices.Concat(o.detected, o.loaded)
}

// An analysis is a report together with what it was concluded from. It is
// immutable.
type analysis struct {
	generation int64  // of the observed
	outputBase string // that the workspace was loaded with
	// seen is the serial of the last edit that the sources had.
	seen      int64
	workspace *starlark.Workspace
	report    *attribution.Report
	marks     *marks
}

// document is the open document with that URI, or nil.
func (v *snapshot) document(u uri.URI) *document { return v.documents[u] }

// documentAt is the open document of a path, or nil.
func (v *snapshot) documentAt(path string) *document {
	for _, d := range v.documents {
		if d.path == path && path != "" {
			return d
		}
	}
	return nil
}

// folder is the folder with that id, or nil when it is gone.
func (v *snapshot) folder(id folderID) *folder {
	for _, f := range v.folders {
		if f.id == id {
			return f
		}
	}
	return nil
}

// folderOf is the innermost folder around a path, or nil.
func (v *snapshot) folderOf(path string) *folder {
	var best *folder
	for _, f := range v.folders {
		if below(path, f.root) && (best == nil || len(f.root) > len(best.root)) {
			best = f
		}
	}
	return best
}

// sheet is what one folder's report says of one file.
type sheet struct {
	analysis *analysis
	marks    *fileMarks
}

// sheets are the marks of a file, by folder: an external repository's file
// may have some from several.
func (v *snapshot) sheets(path string) []sheet {
	if path == "" {
		return nil
	}
	var all []sheet
	for _, f := range v.folders {
		if f.analysis == nil {
			continue
		}
		if m := f.analysis.marks.files[path]; m != nil {
			all = append(all, sheet{f.analysis, m})
		}
	}
	return all
}

// setDocument puts in or, with nil, takes out a document.
func (v *snapshot) setDocument(u uri.URI, d *document) {
	v.documents = maps.Clone(v.documents)
	if d == nil {
		delete(v.documents, u)
	} else {
		v.documents[u] = d
	}
}

// setClosed remembers or, with nil, forgets a document that was closed.
func (v *snapshot) setClosed(u uri.URI, d *document) {
	if d == nil && v.closed[u] == nil {
		return
	}
	closed := maps.Clone(v.closed)
	if closed == nil {
		closed = map[uri.URI]*document{}
	}
	if d == nil {
		delete(closed, u)
	} else {
		closed[u] = d
	}
	v.closed = closed
}

// setFolder replaces the folder with the same id; false where it is gone.
func (v *snapshot) setFolder(f *folder) bool {
	for i, old := range v.folders {
		if old.id == f.id {
			v.folders = slices.Clone(v.folders)
			v.folders[i] = f
			return true
		}
	}
	return false
}

// overlays are the open buffers that count for a folder: its own, and those
// that are no folder's. Seen is the serial of the newest edit in them all, and
// of the newest close; an edit that is not in this snapshot has a greater one.
func (v *snapshot) overlays(f *folder) (texts map[string][]byte, seen int64) {
	texts = map[string][]byte{}
	for _, d := range v.closed {
		seen = max(seen, d.serial)
	}
	for _, d := range v.documents {
		seen = max(seen, d.serial)
		if d.path == "" || !isSource(d.path) {
			continue
		}
		if of := v.folderOf(d.path); of == nil || of.id == f.id {
			texts[d.path] = []byte(d.text)
		}
	}
	return texts, seen
}

// forgetEdits drops what every analysis has seen: edits from documents, and
// documents that were closed.
func (v *snapshot) forgetEdits() {
	seen := int64(-1)
	for _, f := range v.folders {
		if f.analysis != nil && (seen < 0 || f.analysis.seen < seen) {
			seen = f.analysis.seen
		}
	}
	for u, d := range v.documents {
		if shorter := d.without(seen); shorter != d {
			v.setDocument(u, shorter)
		}
	}
	for u, d := range v.closed {
		if d.serial <= seen {
			v.setClosed(u, nil)
		}
	}
}

func (v *snapshot) inOutputBase(path string) bool {
	return slices.ContainsFunc(v.folders, func(f *folder) bool {
		return f.observed != nil && f.observed.outputBase != "" && below(path, f.observed.outputBase)
	})
}

// folderArgument finds the folder that a command means: the one around the
// path, else the first.
func (v *snapshot) folderArgument(path string) *folder {
	if f := v.folderOf(canonical(path)); f != nil && path != "" {
		return f
	}
	if len(v.folders) > 0 {
		return v.folders[0]
	}
	return nil
}

// eachFolder runs f on every folder, until ctx ends.
func (v *snapshot) eachFolder(ctx context.Context, f func(*folder)) {
	for _, one := range v.folders {
		if ctx.Err() != nil {
			return
		}
		f(one)
	}
}
