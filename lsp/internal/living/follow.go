// SPDX-License-Identifier: Apache-2.0

package living

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"time"

	"example.invalid/starlark-memls/internal/bazel/server"
	"example.invalid/starlark-memls/internal/gauge"
	"example.invalid/starlark-memls/internal/watch"
	"example.invalid/starlark-memls/lsp/internal/session"
	"example.invalid/starlark-memls/lsp/internal/show"
)

// How often is looked: at an idle server, or for one; and how often clients are
// told of one that works, and of one that rests.
const (
	restingEvery = time.Second
	toldEvery    = time.Second
	toldResting  = 30 * time.Second
)

// Servers are the running Bazel servers of a session's folders.
type Servers struct{ *session.Session }

// New is for the folders of a session.
func New(s *session.Session) *Servers { return &Servers{s} }

func followKey(id show.FolderID) string { return "gauge " + strconv.FormatInt(int64(id), 10) }

// FolderBegun looks at the folder's server from now on.
func (s *Servers) FolderBegun(f *show.Folder) {
	if s.Trusted {
		s.Background.Start(followKey(f.ID), 0, func(ctx context.Context) { s.follow(ctx, f.ID, f.Root) })
	}
}

// FolderEnded stops that.
func (s *Servers) FolderEnded(id show.FolderID) {
	s.Background.Drop(followKey(id))
	s.Background.Drop(dyingKey(id))
}

// follow looks until ctx ends. What is watched ends when the gauge is switched
// off or the folder gets another output base, and begins again.
func (s *Servers) follow(ctx context.Context, id show.FolderID, root string) {
	for ctx.Err() == nil {
		if s.Current().Settings.Gauge {
			watching, stop := context.WithCancel(ctx)
			f := &follower{Servers: s, id: id, root: root, stop: stop}
			_, err := watch.Run(watching, watch.WatchOptions{OutputBase: f.outputBase, Awaited: true, Resting: restingEvery, Show: f.show,
				Found: func(_ context.Context, found *server.Server) { f.found(found) }, Notice: func(err error) { s.Log.Debug("the server's gauge", "error", err) }})
			stop()
			f.tell(gauge.Reading{State: gauge.Gone, AfterBytes: -1})
			if err != nil {
				s.Log.Warn("the server's gauge", "error", err)
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(restingEvery):
		}
	}
}

// A follower follows one folder's server. It lives in watch.Run's goroutine.
type follower struct {
	*Servers
	id      show.FolderID
	root    string
	stop    func()
	server  *server.Server // the last one that was found
	foreign bool           // it is another workspace's, and not shown
	state   gauge.State    // as the client was told last
	at      time.Time      // when that was
	warned  bool           // the user was told that it is dying
}

var errNoOutputBase = errors.New("the workspace's output base is not known")

// outputBase is the folder's, as the last scan found it.
func (f *follower) outputBase() (string, error) {
	view := f.Current()
	if folder := view.Folder(f.id); view.Settings.Gauge && folder != nil && folder.Observed != nil && folder.Observed.OutputBase != "" {
		return folder.Observed.OutputBase, nil
	}
	return "", errNoOutputBase
}

func (f *follower) found(s *server.Server) {
	f.server, f.foreign, f.warned = s, !serves(s, f.root), false
}

// serves reports whether a server is that of a workspace: several may share an
// output base, one after the other.
func serves(s *server.Server, root string) bool {
	for _, arg := range s.Args() {
		if dir, ok := strings.CutPrefix(arg, "--workspace_directory="); ok {
			a, errA := os.Stat(dir)
			b, errB := os.Stat(root)
			return dir == root || errA == nil && errB == nil && os.SameFile(a, b)
		}
	}
	return true
}

// show takes each reading.
func (f *follower) show(r gauge.Reading) {
	base, err := f.outputBase()
	if err != nil || base != f.server.OutputBase {
		f.stop()
		return
	}
	if f.foreign {
		return
	}
	every := toldEvery
	if r.State == gauge.Idle {
		every = toldResting
	}
	if r.State != f.state || r.At.Sub(f.at) >= every {
		f.tell(r)
	}
	switch r.State {
	case gauge.Idle:
		f.warned = false
	case gauge.Dying:
		if !f.warned {
			f.warned = true
			f.dying(f.id, f.server, r.Why)
		}
	}
}

// tell tells the client, if it wants to know, and there is anything new.
func (f *follower) tell(r gauge.Reading) {
	if r.State == gauge.Gone && (f.state == "" || f.state == gauge.Gone) {
		return
	}
	f.state, f.at = r.State, r.At
	pid := 0
	if f.server != nil && r.State != gauge.Gone {
		pid = f.server.PID
	}
	if f.Current().Client.ServerState {
		f.Notify(show.MethodServerState, show.ServerStateOf(f.root, pid, r))
	}
}
