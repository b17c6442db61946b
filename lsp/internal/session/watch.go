// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"

	"example.invalid/starlark-memls/internal/bazel/outputbase"
	"example.invalid/starlark-memls/lsp/internal/show"
	"example.invalid/starlark-memls/lsp/settings"
)

// Noticing that a build has ended.
//
// The output base lies outside the workspace, so no editor tells of it. Where
// the system can, its changes wake us (a command rewrites command.log from its
// first line, the server's directory comes and goes with the server); in any
// case it is looked at every few seconds, which also finds an output base that
// is made only now, and works on file systems that tell of nothing. Looking is
// a handful of stat calls. A burst of changes leads to one scan, when it has
// been quiet for a moment; whether the build is through is for the scan to see
// from the log itself.

// quiet is how long the output base must have been quiet before it is read.
const quiet = 400 * time.Millisecond

// watches owns one watcher a folder.
type watches struct {
	session *Session
	mu      sync.Mutex
	all     map[show.FolderID]*outputBaseWatch
	closed  bool
}

type outputBaseWatch struct {
	dir    string // "" while none is known
	cancel context.CancelFunc
}

func newWatches(s *Session) *watches {
	return &watches{session: s, all: map[show.FolderID]*outputBaseWatch{}}
}

// watch watches dir for a folder, in place of what it watched before.
func (w *watches) watch(id show.FolderID, root, dir string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if old := w.all[id]; w.closed || old != nil && old.dir == dir {
		return
	} else if old != nil {
		old.cancel()
	}
	ctx, cancel := context.WithCancel(w.session.Background.Context())
	w.all[id] = &outputBaseWatch{dir, cancel}
	w.session.Background.wg.Go(func() { w.watchOutputBase(ctx, id, root, dir) })
}

func (w *watches) stop(id show.FolderID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if old := w.all[id]; old != nil {
		old.cancel()
		delete(w.all, id)
	}
}

func (w *watches) stopAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	for _, old := range w.all {
		old.cancel()
	}
}

// watchOutputBase runs until ctx ends.
func (w *watches) watchOutputBase(ctx context.Context, id show.FolderID, root, dir string) {
	events, done := w.fileEvents(dir)
	defer done()
	for {
		settings := w.session.Current().Settings
		poll := time.NewTimer(time.Duration(settings.PollSeconds) * time.Second)
		select {
		case <-ctx.Done():
			poll.Stop()
			return
		case event, ok := <-events:
			if !ok {
				events = nil
			} else if tellsOfBuild(event.Name) {
				w.session.scanSoon(id, quiet, scanBuild)
			}
		case <-poll.C:
			if settings.AutoDetect && w.changedSince(id, root, settings) {
				w.session.Background.once(scanKey(id), 0, func(ctx context.Context) {
					if err := w.session.Scan(ctx, id, scanBuild); err != nil && ctx.Err() == nil {
						w.session.Log.Warn("the last build could not be read", "error", err)
					}
				})
			}
		}
		poll.Stop()
	}
}

// fileEvents are the changes in a directory and its server's. Where the
// system cannot tell, the channel is nil and polling is all there is.
func (w *watches) fileEvents(dir string) (<-chan fsnotify.Event, func()) {
	if dir == "" {
		return nil, func() {}
	}
	watcher, err := fsnotify.NewWatcher()
	if err == nil {
		err = watcher.Add(filepath.FromSlash(dir))
	}
	if err != nil {
		w.session.Log.Info("the system does not tell of changes; polling", "dir", dir, "error", err)
		if watcher != nil {
			_ = watcher.Close()
		}
		return nil, func() {}
	}
	_ = watcher.Add(filepath.Join(filepath.FromSlash(dir), "server")) // gone while no server runs
	stop := make(chan struct{})
	w.session.Background.wg.Go(func() { // an overflow of the queue is an event we did not see: polling finds it
		for {
			select {
			case <-stop:
				return
			case err, ok := <-watcher.Errors:
				if !ok {
					return
				}
				w.session.Log.Debug("watching", "dir", dir, "error", err)
			}
		}
	})
	return watcher.Events, func() { close(stop); _ = watcher.Close() }
}

// tellsOfBuild reports whether a change of that file bears on how the last
// build ended.
func tellsOfBuild(path string) bool {
	name := filepath.Base(path)
	switch name {
	case "command.log", "failure_detail.rawproto", "server", "server.pid.txt", "jvm.out", "cmdline":
		return true
	}
	return strings.HasPrefix(name, "command") && strings.Contains(name, "profile") || outputbase.IsHeapDumpName(name)
}

// changedSince looks whether the output base is other than at the last scan.
func (w *watches) changedSince(id show.FolderID, root string, settings settings.Settings) bool {
	f := w.session.Current().Folder(id)
	if f == nil {
		return false
	}
	known := ""
	if f.Observed != nil {
		known = f.Observed.Stamp
	}
	base, err := w.session.Pipeline.Find(root, settings)
	if err != nil {
		return known != ""
	}
	return stampOf(base) != known
}
