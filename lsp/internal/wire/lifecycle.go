// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"errors"
	"fmt"
	"sync"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
)

// ErrExitWithoutShutdown is what Serve returns when the client sent exit
// without a shutdown before; a program ends with exit code 1 then.
var ErrExitWithoutShutdown = errors.New("exit was sent without shutdown before it")

// A lifecyclePhase of the server's life.
type lifecyclePhase int

const (
	phaseNew lifecyclePhase = iota
	phaseRunning
	phaseShutDown
	phaseExited
)

// life holds the server's phase and which messages it admits.
type life struct {
	mu    sync.Mutex
	phase lifecyclePhase
	dirty bool // exit came without shutdown
}

// admits says whether a request may come now.
func (l *life) admits(method string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.phase == phaseNew && method != protocol.MethodInitialize:
		return jsonrpc2.Errorf(jsonrpc2.ServerNotInitialized, "%s before initialize", method)
	case l.phase == phaseRunning && method == protocol.MethodInitialize:
		return jsonrpc2.NewError(jsonrpc2.InvalidRequest, "initialize was sent twice")
	case l.phase >= phaseShutDown:
		return jsonrpc2.Errorf(jsonrpc2.InvalidRequest, "%s after shutdown", method)
	}
	return nil
}

func (l *life) running() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.phase == phaseRunning
}

func (l *life) enter(p lifecyclePhase) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.phase = p
}

// exit ends the connection.
func (l *life) exit() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dirty = l.phase != phaseShutDown
	l.phase = phaseExited
	return errExit
}

// verdict is what Serve returns, given how the connection ended.
func (l *life) verdict(connection error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.phase == phaseExited && l.dirty:
		return ErrExitWithoutShutdown
	case l.phase == phaseExited || connection == nil:
		return nil
	default:
		return fmt.Errorf("the connection broke: %w", connection)
	}
}
