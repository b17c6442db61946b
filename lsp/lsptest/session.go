// SPDX-License-Identifier: Apache-2.0

package lsptest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"sync"
)

// A Session is a server that runs, and its client.
type Session struct {
	*Client
	PID    int // of a binary; 0: it runs in this process
	mu     sync.Mutex
	result error
	ended  chan struct{}
}

// Serve runs a server in this process, over pipes.
func Serve(ctx context.Context, serve func(context.Context, io.ReadWriteCloser) error) *Session {
	serverIn, clientOut := io.Pipe()
	clientIn, serverOut := io.Pipe()
	s := &Session{Client: New(clientIn, clientOut), ended: make(chan struct{})}
	go func() {
		s.end(serve(ctx, duplex{serverIn, serverOut}))
	}()
	return s
}

// Start runs a server's binary, over its stdin and stdout. Its stderr goes to
// the given writer.
func Start(ctx context.Context, stderr io.Writer, binary string, args ...string) (*Session, error) {
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Stderr = stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	// Not StdoutPipe: Wait would close it under the reader.
	clientIn, serverOut := io.Pipe()
	cmd.Stdout = serverOut
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &Session{Client: New(clientIn, in), PID: cmd.Process.Pid, ended: make(chan struct{})}
	go func() {
		err := cmd.Wait()
		_ = serverOut.Close()
		s.end(err)
	}()
	return s, nil
}

func (s *Session) end(err error) {
	s.mu.Lock()
	s.result = err
	s.mu.Unlock()
	close(s.ended)
}

// Ended waits for the server's end and returns its error: Serve's, or an
// *exec.ExitError.
func (s *Session) Ended(ctx context.Context) error {
	select {
	case <-s.ended:
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.result
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Initialize opens the session with these parameters.
func (s *Session) Initialize(ctx context.Context, params any) (json.RawMessage, error) {
	var result json.RawMessage
	if err := s.Call(ctx, "initialize", params, &result); err != nil {
		return nil, err
	}
	return result, s.Notify("initialized", struct{}{})
}

// Shutdown ends the session as the protocol wants, and waits.
func (s *Session) Shutdown(ctx context.Context) error {
	if err := s.Call(ctx, "shutdown", nil, nil); err != nil {
		return err
	}
	err := s.Notify("exit", nil)
	ended := s.Ended(ctx)
	_ = s.CloseInput()
	return errors.Join(err, ended)
}

type duplex struct {
	io.ReadCloser
	w io.WriteCloser
}

func (d duplex) Write(p []byte) (int, error) { return d.w.Write(p) }
func (d duplex) Close() error                { return errors.Join(d.ReadCloser.Close(), d.w.Close()) }
