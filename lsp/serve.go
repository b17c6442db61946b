// SPDX-License-Identifier: Apache-2.0

package lsp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"example.invalid/starlark-memls/internal/filecache"
	"example.invalid/starlark-memls/lsp/internal/living"
	"example.invalid/starlark-memls/lsp/internal/session"
	"example.invalid/starlark-memls/lsp/internal/show"
	"example.invalid/starlark-memls/lsp/internal/sweep"
	"example.invalid/starlark-memls/lsp/internal/wire"
)

// Options say in what surroundings the server runs. The zero value is good.
type Options struct {
	// Version is what the server calls itself, besides its name.
	Version string
	// Log takes the server's log, one line a record; nil is none. Never the
	// connection.
	Log io.Writer
	// LogLevel is the lowest level that is logged.
	LogLevel slog.Level
	// CacheDir is where pages, crashes and the index are kept; "" is
	// starlark-memls in the user's cache.
	CacheDir string
}

// Serve talks to one client over conn until the client says exit, closes the
// connection, or ctx ends. It closes conn. The error is
// ErrExitWithoutShutdown (exit code 1), what broke the connection, or nil.
func Serve(ctx context.Context, conn io.ReadWriteCloser, opts Options) error {
	s, err := newServer(ctx, opts, session.RealPipeline())
	if err != nil {
		_ = conn.Close()
		return err
	}
	return s.serve(ctx, conn)
}

// A server is one client's server: its session, and what is answered.
type server struct {
	*session.Session
	opts Options
	// temporary is a folder to remove at the end, or "".
	temporary string
	pages     *show.Pages
	sweeps    *sweep.Runner
	living    *living.Servers
}

func newServer(ctx context.Context, opts Options, p session.Pipeline) (*server, error) {
	b := session.NewBackground(ctx)
	conn := wire.New(b.Context(), opts.Log, opts.LogLevel)
	cache, temporary := opts.CacheDir, ""
	if cache == "" {
		var err error
		if cache, err = filecache.Dir(); err != nil {
			// The server does without: it remembers nothing, and is there.
			conn.Log.Info("nothing is kept from one start to the next", "error", err)
			if cache, err = os.MkdirTemp("", "starlark-memls-"); err != nil {
				return nil, fmt.Errorf("no place for the pages to show: %w", err)
			}
			temporary = cache
		}
	}
	pages := show.NewPages(cache)
	s := &server{opts: opts, temporary: temporary, pages: pages, Session: session.New(b, conn, pages, cache, p)}
	s.sweeps = sweep.NewRunner(s.Session, pages)
	s.living = living.New(s.Session)
	s.Session.OfferCrash, s.Session.FolderBegun = s.offerCrash, s.living.FolderBegun
	s.Session.FolderEnded = func(id show.FolderID) {
		s.sweeps.FolderEnded(id)
		s.living.FolderEnded(id)
	}
	conn.Routes, conn.Listeners = s.requestRoutes(), s.notificationListeners()
	return s, nil
}

// serve runs a server on its connection.
func (s *server) serve(ctx context.Context, conn io.ReadWriteCloser) error {
	return s.Conn.Serve(ctx, conn, func() {
		s.End()
		s.Background.Wait()
		if s.temporary != "" {
			_ = os.RemoveAll(s.temporary)
		}
	})
}

// Stdio is the process's stdin and stdout as one connection.
func Stdio() io.ReadWriteCloser { return stdio{os.Stdin, os.Stdout} }

type stdio struct {
	io.ReadCloser
	out io.WriteCloser
}

func (s stdio) Write(p []byte) (int, error) { return s.out.Write(p) }
func (s stdio) Close() error                { return errors.Join(s.ReadCloser.Close(), s.out.Close()) }
