// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
)

// A Handler answers one request; params are its parameters as JSON. An error
// that invalidParams made keeps its code; any other says that the request was
// sound and has failed.
type Handler func(ctx context.Context, params []byte) (any, error)

// A Route answers one method.
type Route struct {
	// Inline: answered in wire order, before the next message is read.
	Inline bool
	// Take begins an answer, in wire order: it takes the state that the answer
	// is to be from.
	Take func() Handler
}

// A Listener takes one notification, in wire order.
type Listener func(ctx context.Context, params []byte) error

// A Conn is the connection to one client: it dispatches what comes, and
// sends what is to be said.
type Conn struct {
	// background is the context of what is sent without being asked.
	background context.Context
	Log        *slog.Logger

	conn   jsonrpc2.Conn
	hangUp context.CancelFunc // ends the connection's context

	Routes    map[string]Route
	Listeners map[string]Listener

	life       life
	inFlight   inFlight
	progresses progresses
}

// New makes a connection that answers the methods of routes and listens
// to those of listeners; any other request is "method not found", any other
// notification is ignored, as the protocol wants. What goes wrong is logged to
// out (nil is nowhere), and warnings are told to the client as well.
func New(background context.Context, out io.Writer, level slog.Level) *Conn {
	w := &Conn{background: background}
	if out == nil {
		out = io.Discard
	}
	w.Log = slog.New(&logHandler{slog.NewTextHandler(out, &slog.HandlerOptions{Level: level}), w})
	return w
}

// Serve talks over conn until the client says exit, closes the connection, or
// ctx ends; then it calls ended, and closes conn. The error is
// ErrExitWithoutShutdown, what broke the connection, or nil.
func (w *Conn) Serve(ctx context.Context, conn io.ReadWriteCloser, ended func()) error {
	// The connection's context, from which requests have theirs, ends with the
	// input: jsonrpc2 waits for requests in flight, and nobody will read
	// their answers.
	ctx, w.hangUp = context.WithCancel(ctx)
	defer w.hangUp()
	stream := jsonrpc2.NewStream(newScreen(endingConn{conn, w.hangUp}))
	w.conn = jsonrpc2.NewConn(stream, jsonrpc2.WithCodec(codec{}))
	w.conn.Go(ctx, w.handle) // not the background's: exit must be read after shutdown
	select {
	case <-w.conn.Done():
	case <-ctx.Done():
		_ = w.conn.Close()
	}
	ended()
	_ = conn.Close()
	broken := w.conn.Err()
	if errors.Is(broken, io.EOF) || errors.Is(broken, io.ErrClosedPipe) || errors.Is(broken, errExit) || errors.Is(broken, os.ErrClosed) {
		broken = nil
	}
	return w.life.verdict(broken)
}

// HangUp ends the connection.
func (w *Conn) HangUp() { w.hangUp() }

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

// notification runs one notification, in wire order.
func (w *Conn) notification(ctx context.Context, method string, params []byte) error {
	switch method {
	case protocol.MethodCancelRequest:
		id, err := cancelID(params)
		if err != nil {
			return err
		}
		w.inFlight.cancel(id)
		return nil
	case protocol.MethodExit:
		w.hangUp()
		return w.life.exit()
	}
	listen, ok := w.Listeners[method]
	if method == protocol.MethodWindowWorkDoneProgressCancel {
		listen, ok = w.progresses.cancelled, true
	}
	if !ok {
		w.Log.Debug("ignored notification", "method", fmt.Sprint(method))
		return nil
	}
	if !w.life.running() {
		return fmt.Errorf("%s before initialize or after shutdown: ignored", method)
	}
	return listen(ctx, params)
}

// Running reports whether the client has been initialized and not shut down.
func (w *Conn) Running() bool { return w.life.running() }

// Initialized admits all requests from now on.
func (w *Conn) Initialized() { w.life.enter(phaseRunning) }

// ShutDown admits no request from now on.
func (w *Conn) ShutDown() { w.life.enter(phaseShutDown) }

// Notify sends a notification; a connection that is gone is no error here.
func (w *Conn) Notify(method string, params any) {
	if w.conn == nil {
		return
	}
	_ = w.conn.Notify(w.background, method, params)
}

// Call asks the client and waits. It must not be called from a notification's
// handler: the answer could not be read.
func (w *Conn) Call(ctx context.Context, method string, params, result any) error {
	return protocol.Call(ctx, w.conn, method, params, result)
}

// LogMessage tells the client what belongs in its output window.
func (w *Conn) LogMessage(kind protocol.MessageType, message string) {
	w.Notify(protocol.MethodWindowLogMessage, &protocol.LogMessageParams{Type: kind, Message: message})
}

// ShowMessage shows a message.
func (w *Conn) ShowMessage(kind protocol.MessageType, message string) {
	w.Notify(protocol.MethodWindowShowMessage, &protocol.ShowMessageParams{Type: kind, Message: message})
}

// InvalidParams is the error of a request whose parameters are wrong.
func InvalidParams(format string, args ...any) error {
	return jsonrpc2.Errorf(jsonrpc2.InvalidParams, format, args...)
}

// Decode reads a request's parameters. Absent ones are the zero value only
// where T is empty, as the protocol has it.
func Decode[T any](params []byte) (*T, error) {
	p := new(T)
	if len(params) == 0 {
		return p, nil
	}
	if err := protocol.Unmarshal(params, p); err != nil {
		return nil, InvalidParams("invalid params: %v", err)
	}
	return p, nil
}

// Listen is the listener that takes a notification with parameters P.
func Listen[P any](take func(ctx context.Context, p *P) error) Listener {
	return func(ctx context.Context, params []byte) error {
		p, err := Decode[P](params)
		if err != nil {
			return err
		}
		return take(ctx, p)
	}
}

// DecodeOptions decodes an object of a command line's options by name, with _ or
// with - in them. One that there is not is an error.
func DecodeOptions(raw []byte, into any) error {
	var given map[string]json.RawMessage
	if err := json.Unmarshal(raw, &given); err != nil {
		return err
	}
	named := map[string]json.RawMessage{}
	for name, value := range given {
		named[strings.ReplaceAll(name, "_", "-")] = value
	}
	again, err := json.Marshal(named)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(again))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}
