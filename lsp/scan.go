package lsp

// Finding out, without being asked, how the last build ended.
//
// A scan looks at the output base of a folder's workspace and decides:
//
//	nothing there, or unchanged         keep what is known
//	the last build is still running     keep what is known, look again
//	it died of memory                   its evidence is observed and marked
//	it ended in any other way           marks of detected crashes are withdrawn
//
// Leftovers of earlier builds are kept in the archive and offered by name and
// time; they never become the state of the last build. What is above the
// size that the settings allow is offered, not read. Bazel is never run and
// its lock never taken: all this is looking at files.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"go.lsp.dev/protocol"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/internal/bazel/outputbase"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/quantity"
)

// A scanReason is why the output base is looked at.
type scanReason int

const (
	scanStart scanReason = iota // the folder was opened
	scanBuild                   // something happened in the output base
	scanAsked                   // the user asked, or changed a setting
)

// recent is how fresh a crash must be to be told of on start.
const recent = 10 * time.Minute

func (s *session) scanSoon(id folderID, pause time.Duration, why scanReason) {
	s.background.start(scanKey(id), pause, func(ctx context.Context) {
		if err := s.scan(ctx, id, why); err != nil && ctx.Err() == nil {
			s.log.Warn("the last build could not be read", "error", err)
		}
	})
}

// scan looks at a folder's output base and concludes from what it finds.
func (s *session) scan(ctx context.Context, id folderID, why scanReason) error {
	view := s.current()
	f := view.folder(id)
	if f == nil || !s.trusted {
		return nil
	}
	settings := view.settings
	next := &observed{}
	if f.observed != nil {
		*next = *f.observed
	}
	before := len(next.loaded)
	var failure error
	if why != scanBuild {
		next.loaded, failure = s.loadConfigured(ctx, f, settings, next.loaded)
	}
	crash, changed, err := s.detect(ctx, f, settings, next, why)
	failure = errors.Join(failure, err)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	s.watches.watch(id, f.root, next.outputBase)
	if !changed && why == scanBuild {
		return failure
	}
	next.generation = s.clock.tick()
	if err := s.observe(ctx, id, next, next.loaded[before:]); err != nil {
		return err
	}
	if crash != nil && (why == scanBuild || why == scanStart && time.Since(crash.Ended) < recent) {
		s.tellOfCrash(ctx, id)
	}
	return failure
}

// observe makes what was observed part of the snapshot, and concludes. Of what
// users name only the added is new: a sweep's measurements may have landed, or
// the user cleared all, since the scan began.
func (s *session) observe(ctx context.Context, id folderID, o *observed, added []*attribution.Observation) error {
	s.update(func(next *snapshot) bool {
		f := next.folder(id)
		if f == nil {
			return false
		}
		with := *f
		if f.observed != nil {
			o.loaded = slices.Concat(f.observed.loaded, added)
		}
		with.observed = o
		return next.setFolder(&with)
	})
	return s.conclude(ctx, id)
}

// detect fills in what the output base says. It returns the measurement when
// the last build died of memory, and whether anything is other than before.
func (s *session) detect(ctx context.Context, f *folder, settings Settings, next *observed, why scanReason) (*measurement.Measurement, bool, error) {
	if !settings.AutoDetect {
		changed := len(next.detected) > 0
		next.detected, next.stamp, next.outputBase, next.older = nil, "", "", nil
		return nil, changed, nil
	}
	base, err := s.pipeline.find(f.root, settings)
	if errors.Is(err, outputbase.ErrNotFound) {
		changed := len(next.detected) > 0
		next.detected, next.stamp, next.outputBase = nil, "", ""
		return nil, changed, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("looking for the output base of %s: %w", f.root, err)
	}
	moved := next.outputBase != canonical(base.Dir)
	next.outputBase = canonical(base.Dir)
	stamp := stampOf(base)
	if stamp == next.stamp && why == scanBuild {
		return nil, moved, nil
	}
	current, older, err := s.pipeline.divide(ctx, base)
	if err != nil {
		return nil, moved, fmt.Errorf("reading the output base %s: %w", base.Dir, err)
	}
	s.keeper.keepAll(ctx, f.root, older)
	current = s.keeper.withKept(ctx, f.root, current)
	next.older = s.keeper.withArchived(ctx, f.root, current, older)
	observation, err := s.pipeline.observe(ctx, current, attribution.ObserveOptions{MaxBytes: settings.MaxProfileBytes})
	if err != nil {
		if ctx.Err() != nil {
			return nil, false, ctx.Err()
		}
		if len(current.Parts) == 0 {
			return nil, moved, nil // an output base in which nothing was built yet
		}
		return nil, moved, fmt.Errorf("reading the last build in %s: %w", base.Dir, err)
	}
	running := base.Server.Alive && underWay(observation)
	if running && f.observed != nil {
		// The stamp stays as it was, so that the end is not missed.
		return nil, moved, nil
	}
	next.stamp = stamp
	if running || !observation.Crashed() {
		s.offerOlder(next.older)
		changed := len(next.detected) > 0
		next.detected = nil
		return nil, changed || moved, nil
	}
	next.detected = []*attribution.Observation{observation}
	s.keeper.keepAll(ctx, f.root, []measurement.Measurement{current})
	s.offerLarge(ctx, f.id, current, settings)
	return &current, true, nil
}

// underWay reports whether a build, as far as anyone can see, is still running
// where its server is. A build that has only just begun looks like one whose
// server died: the profile is there, and nothing in it.
func underWay(o *attribution.Observation) bool {
	status := o.Summary.Status
	return status == measurement.Unknown && !o.Crashed() || status == measurement.ServerDied
}

// offerOlder tells, once, of a crash that is not the last build's.
func (s *session) offerOlder(older []measurement.Measurement) {
	if len(older) == 0 || !s.told.firstTime("older "+older[0].Path+older[0].Ended.String()) {
		return
	}
	s.logMessage(protocol.MessageTypeInfo, "The last build did not run out of memory."+olderText(older[0]))
}

// stampOf changes whenever the files change that tell how the last build
// ended.
func stampOf(base *outputbase.OutputBase) string {
	var b strings.Builder
	file := func(f *outputbase.File) {
		if f != nil {
			fmt.Fprintf(&b, "%s %d %d\n", f.Path, f.Bytes, f.Modified.UnixNano())
		}
	}
	file(base.CommandLog)
	file(base.FailureDetail)
	file(base.JVMOut)
	for i := range base.Profiles {
		file(&base.Profiles[i].File)
	}
	for i := range base.HeapDumps {
		file(&base.HeapDumps[i].File)
	}
	fmt.Fprintf(&b, "%d %t", base.Server.PID, base.Server.Alive)
	return b.String()
}

// offerLarge tells of parts that are too large to be read unasked.
func (s *session) offerLarge(ctx context.Context, id folderID, m measurement.Measurement, settings Settings) {
	for _, paths := range m.Parts {
		for _, path := range paths {
			info, err := os.Stat(path)
			if err != nil || info.Size() <= settings.MaxProfileBytes || !s.told.firstTime("large "+path) {
				continue
			}
			message := fmt.Sprintf("%s (%s) was not read: it is larger than %s. Load it with starlark-memls.loadMeasurements.",
				path, quantity.Bytes(info.Size()), quantity.Bytes(settings.MaxProfileBytes))
			s.background.start("offer "+path, 0, func(ctx context.Context) {
				if s.ask(ctx, protocol.MessageTypeInfo, message, "Load it") != "" {
					_, err := s.loadPaths(ctx, id, []string{m.Path})
					if err != nil {
						s.showMessage(protocol.MessageTypeError, err.Error())
					}
				}
			})
		}
	}
}
