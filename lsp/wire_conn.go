package lsp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
)

// An answer answers one request; params are its parameters as JSON. An error
// that invalidParams made keeps its code; any other says that the request was
// sound and has failed.
type answer func(ctx context.Context, params []byte) (any, error)

// A route answers one method.
type route struct {
	// Inline: answered in wire order, before the next message is read.
	Inline bool
	// Take begins an answer, in wire order: it takes the state that the answer
	// is to be from.
	Take func() answer
}

// A listener takes one notification, in wire order.
type listener func(ctx context.Context, params []byte) error

// A wireConn is the connection to one client: it dispatches what comes, and
// sends what is to be said.
type wireConn struct {
	// background is the context of what is sent without being asked.
	background context.Context
	log        *slog.Logger

	conn   jsonrpc2.Conn
	hangUp context.CancelFunc // ends the connection's context

	routes    map[string]route
	listeners map[string]listener

	life       life
	inFlight   inFlight
	progresses progresses
}

// newWireConn makes a connection that answers the methods of routes and listens
// to those of listeners; any other request is "method not found", any other
// notification is ignored, as the protocol wants. What goes wrong is logged to
// out (nil is nowhere), and warnings are told to the client as well.
func newWireConn(background context.Context, out io.Writer, level slog.Level) *wireConn {
	w := &wireConn{background: background}
	if out == nil {
		out = io.Discard
	}
	w.log = slog.New(&logHandler{slog.NewTextHandler(out, &slog.HandlerOptions{Level: level}), w})
	return w
}

// serve talks over conn until the client says exit, closes the connection, or
// ctx ends; then it calls ended, and closes conn. The error is
// ErrExitWithoutShutdown, what broke the connection, or nil.
func (w *wireConn) serve(ctx context.Context, conn io.ReadWriteCloser, ended func()) error {
	// The connection's context, from which requests have theirs, ends with the
	// input: jsonrpc2 waits for requests in flight, and nobody will read
	// their answers.
	ctx, w.hangUp = context.WithCancel(ctx)
	defer w.hangUp()
	stream := jsonrpc2.NewStream(endingConn{conn, w.hangUp})
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
func (w *wireConn) notification(ctx context.Context, method string, params []byte) error {
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
	listen, ok := w.listeners[method]
	if method == protocol.MethodWindowWorkDoneProgressCancel {
		listen, ok = w.progresses.cancelled, true
	}
	if !ok {
		w.log.Debug("ignored notification", "method", fmt.Sprint(method))
		return nil
	}
	if !w.life.running() {
		return fmt.Errorf("%s before initialize or after shutdown: ignored", method)
	}
	return listen(ctx, params)
}

// running reports whether the client has been initialized and not shut down.
func (w *wireConn) running() bool { return w.life.running() }

// initialized admits all requests from now on.
func (w *wireConn) initialized() { w.life.enter(phaseRunning) }

// shutDown admits no request from now on.
func (w *wireConn) shutDown() { w.life.enter(phaseShutDown) }

// notify sends a notification; a connection that is gone is no error here.
func (w *wireConn) notify(method string, params any) {
	if w.conn == nil {
		return
	}
	_ = w.conn.Notify(w.background, method, params)
}

// call asks the client and waits. It must not be called from a notification's
// handler: the answer could not be read.
func (w *wireConn) call(ctx context.Context, method string, params, result any) error {
	return protocol.Call(ctx, w.conn, method, params, result)
}

// logMessage tells the client what belongs in its output window.
func (w *wireConn) logMessage(kind protocol.MessageType, message string) {
	w.notify(protocol.MethodWindowLogMessage, &protocol.LogMessageParams{Type: kind, Message: message})
}

// showMessage shows a message.
func (w *wireConn) showMessage(kind protocol.MessageType, message string) {
	w.notify(protocol.MethodWindowShowMessage, &protocol.ShowMessageParams{Type: kind, Message: message})
}

// invalidParams is the error of a request whose parameters are wrong.
func invalidParams(format string, args ...any) error {
	return jsonrpc2.Errorf(jsonrpc2.InvalidParams, format, args...)
}

// decode reads a request's parameters. Absent ones are the zero value only
// where T is empty, as the protocol has it.
func decode[T any](params []byte) (*T, error) {
	p := new(T)
	if len(params) == 0 {
		return p, nil
	}
	if err := protocol.Unmarshal(params, p); err != nil {
		return nil, invalidParams("invalid params: %v", err)
	}
	return p, nil
}

// listen is the listener that takes a notification with parameters P.
func listen[P any](take func(ctx context.Context, p *P) error) listener {
	return func(ctx context.Context, params []byte) error {
		p, err := decode[P](params)
		if err != nil {
			return err
		}
		return take(ctx, p)
	}
}

// mustJSON encodes a value of ours that cannot fail to encode.
func mustJSON(v any) protocol.LSPAny {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return raw
}
