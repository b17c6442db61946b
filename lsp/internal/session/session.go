// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"go.lsp.dev/uri"

	"example.invalid/starlark-memls/lsp/internal/show"
	"example.invalid/starlark-memls/lsp/internal/text"
	"example.invalid/starlark-memls/lsp/internal/wire"
	"example.invalid/starlark-memls/lsp/settings"
)

// A Session is what goes on behind the requests of one client: documents come
// and change, folders are watched, and what is concluded makes the next
// snapshot.
type Session struct {
	store
	*client
	Log      *slog.Logger
	CacheDir string
	Pipeline Pipeline

	Background *background
	Turns      turns
	watches    *watches
	Publisher  *publisher
	keeper     crashKeeper
	told       told

	// OfferCrash is called with the number of a crash that the user is to be
	// told of, in the background, and what to say.
	OfferCrash func(ctx context.Context, crash int, message string)

	// FolderBegun is called when the work on a folder begins.
	FolderBegun func(*show.Folder)

	// FolderEnded is called when a folder is gone.
	FolderEnded func(show.FolderID)

	// Trusted and toldUntil are set by initialize, before anything else runs.
	Trusted   bool
	toldUntil time.Time
	options   configurationSource
	// begun: the first folders are being worked on.
	begun sync.Once
}

// New makes the session of a connection. Pages are written for what a
// diagnostic's code links to.
func New(b *background, wire *wire.Conn, pages *show.Pages, cacheDir string, p Pipeline) *Session {
	s := &Session{Log: wire.Log, CacheDir: cacheDir, Pipeline: Observing(p, cacheDir), Background: b, Trusted: true,
		keeper: crashKeeper{p.archive(cacheDir), wire.Log}}
	s.client = &client{wire, &s.store}
	s.Publisher = &publisher{client: s.client, pages: pages}
	s.watches = newWatches(s)
	s.newest.Store(&show.Snapshot{Documents: map[uri.URI]*text.Document{}, Settings: settings.Default()})
	return s
}

// End cancels everything that works beside the requests.
func (s *Session) End() {
	s.Background.stop()
	s.watches.stopAll()
}

// publishSoon publishes in the background, from the snapshot of then.
func (s *Session) publishSoon() {
	s.Background.Start("publish", 0, func(context.Context) { s.Publisher.publish() })
}

// told is what has been said, so that it is not said twice.
type told struct {
	mu  sync.Mutex
	all map[string]bool
}

// firstTime reports whether this is said for the first time.
func (t *told) firstTime(what string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.all == nil {
		t.all = map[string]bool{}
	}
	first := !t.all[what]
	t.all[what] = true
	return first
}
