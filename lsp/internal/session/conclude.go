// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/lsp/internal/paths"
	"example.invalid/starlark-memls/lsp/internal/show"
	"example.invalid/starlark-memls/starlark"
)

// sourcesChanged has the folder of a source analysed again, after a pause in
// which more may change.
func (s *Session) sourcesChanged(path string, pause time.Duration) {
	if path == "" || !paths.IsSource(path) || !s.Running() {
		return
	}
	view := s.Current()
	f := view.FolderOf(path)
	for _, one := range view.Folders {
		// A file outside all folders matters to those that have marks in it.
		outside := f == nil && one.Analysis != nil && one.Analysis.Annotations.Files[path] != nil
		if one == f || outside {
			s.Turns.note(one.ID, path)
			s.concludeSoon(one.ID, pause)
		}
	}
}

// concludeSoon concludes in the background, after a pause. What is under way
// is overtaken, unless it is late.
func (s *Session) concludeSoon(id show.FolderID, pause time.Duration) {
	begin := s.Background.Start
	if s.Turns.late(id) {
		begin, pause = s.Background.once, 0
	}
	begin(concludeKey(id), pause, func(ctx context.Context) {
		switch err := s.conclude(ctx, id); {
		case ctx.Err() != nil: // overtaken
		case err != nil:
			s.Log.Warn("the sources could not be read", "error", err)
		case s.Turns.waiting(id):
			s.concludeSoon(id, EditPause) // changed in the meantime
		}
	})
}

// conclude brings a folder's analysis up to date: its sources with the open
// buffers, joined with what was observed. It returns when the next snapshot
// stands and the client has been told, or with the context's error.
func (s *Session) conclude(ctx context.Context, id show.FolderID) error {
	release, err := s.Turns.Take(ctx, id)
	defer release()
	if err != nil {
		return err
	}
	// First what changed, then the snapshot: a change that is noted is in every
	// later one. The other way round, a buffer that is closed in between would
	// be taken for read again, and would not have been.
	changed := s.Turns.takeChanged(id)
	view := s.Current()
	f := view.Folder(id)
	if f == nil {
		return nil
	}
	next, err := s.analyse(ctx, view, f, changed)
	if err != nil {
		for _, path := range changed {
			s.Turns.note(id, path)
		}
		return err
	}
	s.Update(func(v *show.Snapshot) bool {
		now := v.Folder(id)
		if now == nil {
			return false
		}
		with := *now
		with.Analysis = next
		v.SetFolder(&with)
		v.ForgetEdits()
		return true
	})
	s.Publisher.publish()
	lintSoon(s, id)
	switch {
	case f.Analysis == nil, f.Analysis.Annotations.Signature != next.Annotations.Signature:
		s.Background.Start("refresh", 0, s.refresh)
	case f.Analysis.Generation != next.Generation: // a crash without a place, say, is in the overview alone
		s.TellOverview()
	}
	return nil
}

// analyse makes the next analysis of a folder. It changes nothing.
func (s *Session) analyse(ctx context.Context, view *show.Snapshot, f *show.Folder, changed []string) (*show.Analysis, error) {
	overlays, seen := view.Overlays(f)
	next := &show.Analysis{Seen: seen}
	outputBase := ""
	if f.Observed != nil {
		next.Generation = f.Observed.Generation
		outputBase = f.Observed.OutputBase
	}
	old := f.Analysis
	var err error
	if old == nil || old.OutputBase != outputBase {
		next.Workspace, err = s.Pipeline.Load(ctx, f.Root, starlark.LoadOptions{
			OutputBase: outputBase, CacheDir: s.indexDir(), Overlays: overlays,
			Confined: !s.Trusted,
		})
	} else {
		next.Workspace, err = old.Workspace.With(ctx, overlays, changed)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the workspace %s: %w", f.Root, err)
	}
	next.OutputBase = outputBase
	if old != nil && old.Generation == next.Generation {
		next.Report = s.Pipeline.Rebase(old.Report, next.Workspace)
	} else {
		var opts attribution.ConcludeOptions
		if old != nil {
			opts.Earlier = old.Report // a measurement that came costs what it costs alone
		}
		next.Report = s.Pipeline.Conclude(ctx, f.Observed.All(), next.Workspace, opts)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	next.Annotations = show.NewAnnotations(next.Report, f.Observed)
	return next, nil
}

// indexDir is where the index of sources is kept between runs. What is read of
// a workspace that is not trusted is not the same, and not kept.
func (s *Session) indexDir() string {
	if !s.Trusted {
		return ""
	}
	return filepath.Join(s.CacheDir, "index")
}
