package lsp

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/starlark"
)

// sourcesChanged has the folder of a source analysed again, after a pause in
// which more may change.
func (s *session) sourcesChanged(path string, pause time.Duration) {
	if path == "" || !isSource(path) || !s.running() {
		return
	}
	view := s.current()
	f := view.folderOf(path)
	for _, one := range view.folders {
		// A file outside all folders matters to those that have marks in it.
		outside := f == nil && one.analysis != nil && one.analysis.marks.files[path] != nil
		if one == f || outside {
			s.turns.note(one.id, path)
			s.concludeSoon(one.id, pause)
		}
	}
}

// concludeSoon concludes in the background, after a pause. What is under way
// is overtaken, unless it is late.
func (s *session) concludeSoon(id folderID, pause time.Duration) {
	begin := s.background.start
	if s.turns.late(id) {
		begin, pause = s.background.once, 0
	}
	begin(concludeKey(id), pause, func(ctx context.Context) {
		switch err := s.conclude(ctx, id); {
		case ctx.Err() != nil: // overtaken
		case err != nil:
			s.log.Warn("the sources could not be read", "error", err)
		case s.turns.waiting(id):
			s.concludeSoon(id, editPause) // changed in the meantime
		}
	})
}

// conclude brings a folder's analysis up to date: its sources with the open
// buffers, joined with what was observed. It returns when the next snapshot
// stands and the client has been told, or with the context's error.
func (s *session) conclude(ctx context.Context, id folderID) error {
	release, err := s.turns.take(ctx, id)
	defer release()
	if err != nil {
		return err
	}
	// First what changed, then the snapshot: a change that is noted is in every
	// later one. The other way round, a buffer that is closed in between would
	// be taken for read again, and would not have been.
	changed := s.turns.takeChanged(id)
	view := s.current()
	f := view.folder(id)
	if f == nil {
		return nil
	}
	next, err := s.analyse(ctx, view, f, changed)
	if err != nil {
		for _, path := range changed {
			s.turns.note(id, path)
		}
		return err
	}
	s.update(func(v *snapshot) bool {
		now := v.folder(id)
		if now == nil {
			return false
		}
		with := *now
		with.analysis = next
		v.setFolder(&with)
		v.forgetEdits()
		return true
	})
	s.publisher.publish()
	switch {
	case f.analysis == nil, f.analysis.marks.signature != next.marks.signature:
		s.background.start("refresh", 0, s.refresh)
	case f.analysis.generation != next.generation: // a crash without a place, say, is in the overview alone
		s.tellOverview()
	}
	return nil
}

// analyse makes the next analysis of a folder. It changes nothing.
func (s *session) analyse(ctx context.Context, view *snapshot, f *folder, changed []string) (*analysis, error) {
	overlays, seen := view.overlays(f)
	next := &analysis{seen: seen}
	outputBase := ""
	if f.observed != nil {
		next.generation = f.observed.generation
		outputBase = f.observed.outputBase
	}
	old := f.analysis
	var err error
	if old == nil || old.outputBase != outputBase {
		next.workspace, err = s.pipeline.load(ctx, f.root, starlark.Options{
			OutputBase: outputBase, CacheDir: s.indexDir(), Overlays: overlays,
			Confined: !s.trusted,
		})
	} else {
		next.workspace, err = old.workspace.With(ctx, overlays, changed)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the workspace %s: %w", f.root, err)
	}
	next.outputBase = outputBase
	if old != nil && old.generation == next.generation {
		next.report = s.pipeline.rebase(old.report, next.workspace)
	} else {
		var opts attribution.Options
		if old != nil {
			opts.Earlier = old.report // a measurement that came costs what it costs alone
		}
		next.report = s.pipeline.conclude(ctx, f.observed.all(), next.workspace, opts)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	next.marks = newMarks(next.report)
	return next, nil
}

// indexDir is where the index of sources is kept between runs. What is read of
// a workspace that is not trusted is not the same, and not kept.
func (s *session) indexDir() string {
	if !s.trusted {
		return ""
	}
	return filepath.Join(s.cacheDir, "index")
}
