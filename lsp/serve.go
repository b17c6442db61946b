package lsp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"go.lsp.dev/jsonrpc2"
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
	s, err := newServer(ctx, opts, realPipeline())
	if err != nil {
		_ = conn.Close()
		return err
	}
	return s.serve(ctx, conn)
}

// serve runs a server on its connection.
func (s *server) serve(ctx context.Context, conn io.ReadWriteCloser) error {
	// The connection's context, from which requests have theirs, ends with the
	// input: jsonrpc2 waits for requests in flight, and nobody will read
	// their answers.
	ctx, s.hangUp = context.WithCancel(ctx)
	defer s.hangUp()
	stream := jsonrpc2.NewStream(endingConn{conn, s.hangUp})
	s.conn = jsonrpc2.NewConn(stream, jsonrpc2.WithCodec(codec{}))
	s.conn.Go(ctx, s.handle) // not the background's: exit must be read after shutdown
	select {
	case <-s.conn.Done():
	case <-ctx.Done():
		_ = s.conn.Close()
	}
	s.stopBackground()
	s.background.wg.Wait()
	_ = conn.Close()
	broken := s.conn.Err()
	if errors.Is(broken, io.EOF) || errors.Is(broken, io.ErrClosedPipe) || errors.Is(broken, errExit) || errors.Is(broken, os.ErrClosed) {
		broken = nil
	}
	return s.life.verdict(broken)
}

// endingConn tells when there is nothing more to read.
type endingConn struct {
	io.ReadWriteCloser
	ended func()
}

func (c endingConn) Read(p []byte) (int, error) {
	n, err := c.ReadWriteCloser.Read(p)
	if err != nil {
		c.ended()
	}
	return n, err
}

// stopBackground cancels everything that works beside the requests.
func (s *server) stopBackground() {
	s.background.stop()
	s.watches.stopAll()
}

// Stdio is the process's stdin and stdout as one connection.
func Stdio() io.ReadWriteCloser { return stdio{os.Stdin, os.Stdout} }

type stdio struct {
	io.ReadCloser
	out io.WriteCloser
}

func (s stdio) Write(p []byte) (int, error) { return s.out.Write(p) }
func (s stdio) Close() error                { return errors.Join(s.ReadCloser.Close(), s.out.Close()) }

// cacheDir is where the server keeps its files.
func (o Options) cacheDir() (string, error) {
	if o.CacheDir != "" {
		return o.CacheDir, nil
	}
	user, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no place for the cache: %w", err)
	}
	return filepath.Join(user, "starlark-memls"), nil
}
