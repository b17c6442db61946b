package lsp

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/uri"
)

// server is one client's server. What requests look at is in state; the rest
// is how it works.
type server struct {
	opts     Options
	pipeline pipeline
	pages    pages
	log      *slog.Logger

	conn     jsonrpc2.Conn
	hangUp   context.CancelFunc // ends the connection's context
	routes   map[string]route
	life     life
	inFlight inFlight

	writing sync.Mutex // held by update
	state   atomic.Pointer[snapshot]
	clock   clock

	background *background
	turns      turns
	watches    *watches
	published  published
	progresses progresses

	// trusted and toldUntil are set by initialize, before anything else runs.
	trusted   bool
	toldUntil time.Time
	options   configurationSource
	// begun: the first folders are being worked on.
	begun sync.Once
}

func newServer(ctx context.Context, opts Options, p pipeline) (*server, error) {
	cache, err := opts.cacheDir()
	if err != nil {
		return nil, err
	}
	opts.CacheDir = cache
	s := &server{opts: opts, pipeline: observing(p, cache), routes: requestRoutes(), pages: pages{dir: cache}, trusted: true}
	s.background = newBackground(ctx)
	s.watches = newWatches(s)
	s.log = s.newLog()
	s.state.Store(&snapshot{documents: map[uri.URI]*document{}, settings: DefaultSettings()})
	return s, nil
}

// newLog makes the log: to the writer of the options, and from warnings on to
// the client as well.
func (s *server) newLog() *slog.Logger {
	out := s.opts.Log
	if out == nil {
		out = io.Discard
	}
	return slog.New(&logHandler{
		Handler: slog.NewTextHandler(out, &slog.HandlerOptions{Level: s.opts.LogLevel}),
		server:  s,
	})
}
