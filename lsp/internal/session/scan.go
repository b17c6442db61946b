// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"go.lsp.dev/protocol"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/bazel/outputbase"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/quantity"
	"example.invalid/starlark-memls/lsp/internal/paths"
	"example.invalid/starlark-memls/lsp/internal/show"
	"example.invalid/starlark-memls/lsp/settings"
)

// Finding out, without being asked, how the last build ended.
//
// A scan looks at the output base of a folder's workspace and decides:
//
//	nothing there, or unchanged         keep what is known
//	the last build is still running     keep what is known, look again
//	it died of memory                   its evidence is observed and marked,
//	                                    its heap dump behind that (heap.go)
//	it ended in any other way           marks of detected crashes are withdrawn
//
// Leftovers of earlier builds are kept in the archive and offered by name and
// time; they never become the state of the last build. What is above the
// size that the settings allow is offered, not read. Bazel is never run and
// its lock never taken: all this is looking at files.

// A scanReason is why the output base is looked at.
type scanReason int

const (
	scanStart scanReason = iota // the folder was opened
	scanBuild                   // something happened in the output base
	ScanAsked                   // the user asked, or changed a setting
)

// recent is how fresh a crash must be to be told of on start.
const recent = 10 * time.Minute

func (s *Session) scanSoon(id show.FolderID, pause time.Duration, why scanReason) {
	s.Background.Start(scanKey(id), pause, func(ctx context.Context) {
		if err := s.Scan(ctx, id, why); err != nil && ctx.Err() == nil {
			s.Log.Warn("the last build could not be read", "error", err)
		}
	})
}

// Scan looks at a folder's output base and concludes from what it finds.
func (s *Session) Scan(ctx context.Context, id show.FolderID, why scanReason) error {
	view := s.Current()
	f := view.Folder(id)
	if f == nil || !s.Trusted {
		return nil
	}
	settings := view.Settings
	next := &show.Observed{}
	if f.Observed != nil {
		*next = *f.Observed
	}
	before := len(next.Loaded)
	var failure error
	if why != scanBuild {
		next.Loaded, failure = s.loadConfigured(ctx, f, settings, next.Loaded)
	}
	crash, changed, err := s.detect(ctx, f, settings, next, why)
	failure = errors.Join(failure, err)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	s.watches.watch(id, f.Root, next.OutputBase)
	if !changed && why == scanBuild {
		return failure
	}
	next.Generation = s.Clock.Tick()
	if err := s.Observe(ctx, id, next, next.Loaded[before:]); err != nil {
		return err
	}
	if crash != nil && next.Detected[0].UnreadDump != nil {
		dumpReading{s, id, *crash, next.Stamp, settings}.soon()
	}
	if crash != nil && (why == scanBuild || why == scanStart && time.Since(crash.Ended) < recent) {
		s.tellOfCrash(ctx, id)
	}
	return failure
}

// Observe makes what was observed part of the snapshot, and concludes. Of what
// users name only the added is new: a sweep's measurements may have landed, or
// the user cleared all, since the scan began.
func (s *Session) Observe(ctx context.Context, id show.FolderID, o *show.Observed, added []*observe.Observation) error {
	s.Update(func(next *show.Snapshot) bool {
		f := next.Folder(id)
		if f == nil {
			return false
		}
		with := *f
		if f.Observed != nil {
			o.Loaded, o.Living = slices.Concat(f.Observed.Loaded, added), f.Observed.Living
		}
		with.Observed = o
		return next.SetFolder(&with)
	})
	return s.conclude(ctx, id)
}

// detect fills in what the output base says. It returns the measurement when
// the last build died of memory, and whether anything is other than before.
func (s *Session) detect(ctx context.Context, f *show.Folder, settings settings.Settings, next *show.Observed, why scanReason) (*measurement.Measurement, bool, error) {
	if !settings.AutoDetect {
		changed := len(next.Detected) > 0
		next.Detected, next.Stamp, next.OutputBase, next.Older = nil, "", "", nil
		return nil, changed, nil
	}
	base, err := s.Pipeline.Find(f.Root, settings)
	if errors.Is(err, outputbase.ErrNotFound) {
		changed := len(next.Detected) > 0
		next.Detected, next.Stamp, next.OutputBase = nil, "", ""
		return nil, changed, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("looking for the output base of %s: %w", f.Root, err)
	}
	moved := next.OutputBase != paths.Canonical(base.Dir)
	next.OutputBase = paths.Canonical(base.Dir)
	stamp := stampOf(base)
	if stamp == next.Stamp && why == scanBuild {
		return nil, moved, nil
	}
	current, older, err := s.Pipeline.divide(ctx, base)
	if err != nil {
		return nil, moved, fmt.Errorf("reading the output base %s: %w", base.Dir, err)
	}
	s.keeper.keepAll(ctx, f.Root, older)
	current = s.keeper.withKept(ctx, f.Root, current)
	next.Older = s.keeper.withArchived(ctx, f.Root, current, older)
	observation, err := s.Pipeline.observe(ctx, current, observe.ReadOptions{MaxBytes: settings.MaxProfileBytes,
		Heap: observe.HeapLimits{Depth: observe.HeapLater}})
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
	if running && f.Observed != nil {
		// The stamp stays as it was, so that the end is not missed.
		return nil, moved, nil
	}
	next.Stamp = stamp
	if running || !observation.Crashed() {
		s.offerOlder(next.Older)
		changed := len(next.Detected) > 0
		next.Detected = nil
		return nil, changed || moved, nil
	}
	next.Detected = []*observe.Observation{observation}
	s.keeper.keepAll(ctx, f.Root, []measurement.Measurement{current})
	s.offerLarge(ctx, f.ID, current, settings)
	return &current, true, nil
}

// underWay reports whether a build, as far as anyone can see, is still running
// where its server is. A build that has only just begun looks like one whose
// server died: the profile is there, and nothing in it.
func underWay(o *observe.Observation) bool {
	status := o.Summary.Status
	return status == measurement.Unknown && !o.Crashed() || status == measurement.ServerDied
}

// offerOlder tells, once, of a crash that is not the last build's.
func (s *Session) offerOlder(older []measurement.Measurement) {
	if len(older) == 0 || !s.told.firstTime("older "+older[0].Path+older[0].Ended.String()) {
		return
	}
	s.LogMessage(protocol.MessageTypeInfo, "The last build did not run out of memory."+show.OlderText(older[0]))
}

// stampOf changes whenever the files change that tell how the last build
// ended.
func stampOf(base *outputbase.OutputBase) string {
	var b strings.Builder
	file := func(f *outputbase.SeenFile) {
		if f != nil {
			fmt.Fprintf(&b, "%s %d %d\n", f.Path, f.Bytes, f.Modified.UnixNano())
		}
	}
	file(base.CommandLog)
	file(base.FailureDetail)
	file(base.JVMOut)
	for i := range base.Profiles {
		file(&base.Profiles[i].SeenFile)
	}
	for i := range base.HeapDumps {
		file(&base.HeapDumps[i].SeenFile)
	}
	fmt.Fprintf(&b, "%d %t", base.Server.PID, base.Server.Alive)
	return b.String()
}

// offerLarge tells of parts that are too large to be read unasked.
func (s *Session) offerLarge(ctx context.Context, id show.FolderID, m measurement.Measurement, settings settings.Settings) {
	for part, paths := range m.Parts {
		for _, path := range paths {
			if part == measurement.HeapDump {
				continue // heap.go
			}
			info, err := os.Stat(path)
			if err != nil || info.Size() <= settings.MaxProfileBytes || !s.told.firstTime("large "+path) {
				continue
			}
			message := fmt.Sprintf("%s (%s) was not read: it is larger than %s. Load it with starlark-memls.loadMeasurements.",
				path, quantity.Bytes(info.Size()), quantity.Bytes(settings.MaxProfileBytes))
			s.Background.Start("offer "+path, 0, func(ctx context.Context) {
				if s.Ask(ctx, protocol.MessageTypeInfo, message, "Load it") != "" {
					_, err := s.LoadPaths(ctx, id, []string{m.Path})
					if err != nil {
						s.ShowMessage(protocol.MessageTypeError, err.Error())
					}
				}
			})
		}
	}
}

// tellOfCrash says, once a crash, that the build has just died, and where.
func (s *Session) tellOfCrash(ctx context.Context, id show.FolderID) {
	view := s.Current()
	f := view.Folder(id)
	if f == nil || f.Analysis == nil || !view.Settings.Notify {
		return
	}
	for i := range f.Analysis.Report.Crashes {
		c := &f.Analysis.Report.Crashes[i]
		if c.Older {
			continue
		}
		if !c.Time.IsZero() && !c.Time.After(s.toldUntil) {
			return
		}
		if !s.told.firstTime(fmt.Sprintf("crash %s %s %s %s", f.Root, c.Path, c.Time, f.Observed.Stamp)) {
			return
		}
		message := show.DiedText(c)
		if places := show.StackPlaces(c); len(places) > 0 {
			at := view.Location(places[0].Place)
			message = fmt.Sprintf("%s in `%s` (%s:%d)", show.DiedText(c), functionOf(view, places[0].Place), view.ShortPath(places[0].Place.Path), at.Range.Start.Line+1)
		}
		s.Background.Start("tell "+f.Root, 0, func(ctx context.Context) {
			s.OfferCrash(ctx, view.CrashIndex(c), message)
		})
		return // the newest is enough
	}
}

// functionOf names the function around a place.
func functionOf(view *show.Snapshot, p show.SourceLine) string {
	for _, sh := range view.ReportedOf(p.Path) {
		if d := sh.Analysis.Workspace.At(p.Path, p.Line+1); d != nil {
			return d.Name
		}
	}
	return view.ShortPath(p.Path)
}
