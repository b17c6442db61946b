package lsp

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"go.lsp.dev/uri"
)

// A session is what goes on behind the requests of one client: documents come
// and change, folders are watched, and what is concluded makes the next
// snapshot.
type session struct {
	store
	*client
	log      *slog.Logger
	cacheDir string
	pipeline pipeline

	background *background
	turns      turns
	watches    *watches
	publisher  *publisher
	keeper     keeper
	told       told

	// offerCrash is called with the number of a crash that the user is to be
	// told of, in the background, and what to say.
	offerCrash func(ctx context.Context, crash int, message string)

	// folderEnded is called when a folder is gone.
	folderEnded func(folderID)

	// trusted and toldUntil are set by initialize, before anything else runs.
	trusted   bool
	toldUntil time.Time
	options   configurationSource
	// begun: the first folders are being worked on.
	begun sync.Once
}

// newSession makes the session of a connection. Pages are written for what a
// diagnostic's code links to.
func newSession(b *background, wire *wireConn, pages *pages, cacheDir string, p pipeline) *session {
	s := &session{log: wire.log, cacheDir: cacheDir, pipeline: observing(p, cacheDir), background: b, trusted: true,
		keeper: keeper{p.archive(cacheDir), wire.log}}
	s.client = &client{wire, &s.store}
	s.publisher = &publisher{client: s.client, pages: pages}
	s.watches = newWatches(s)
	s.newest.Store(&snapshot{documents: map[uri.URI]*document{}, settings: DefaultSettings()})
	return s
}

// stop cancels everything that works beside the requests.
func (s *session) stop() {
	s.background.stop()
	s.watches.stopAll()
}

// publishSoon publishes in the background, from the snapshot of then.
func (s *session) publishSoon() {
	s.background.start("publish", 0, func(context.Context) { s.publisher.publish() })
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
