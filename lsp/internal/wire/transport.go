// SPDX-License-Identifier: Apache-2.0

package wire

// How messages reach the server.
//
// go.lsp.dev/protocol v1.0.1 has good types, and a stock server wiring that a
// server cannot be built on: it dispatches notifications concurrently (edits
// change places), and closes the connection on a handler's panic, on any
// unknown or malformed notification, and on a $/cancelRequest whose id it
// does not like. jsonrpc2 v1.0.1 also recycles the context of a request that
// ran inline: anything derived from it later brings the process down. So the
// package uses the protocol's types and codec, and has its own chain:
//
//  1. Notifications and the requests of the life cycle run inline, in wire
//     order, on the connection's context, never on their own.
//  2. Every other request takes the snapshot first, still in wire order, and
//     is then released to run beside the others. Its context derives from the
//     connection's and is cancelled by $/cancelRequest.
//  3. A panic answers its request with an internal error and is logged with
//     its stack; an error of a notification is logged. Neither ends the
//     connection.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
)

// codec encodes payloads with the protocol's generated encoders; bytes that
// are JSON already pass through. (The protocol package does not export its
// own.)
type codec struct{}

func (codec) Marshal(v any) ([]byte, error) {
	switch raw := v.(type) {
	case json.RawMessage:
		if raw != nil {
			return raw, nil
		}
	case jsonrpc2.RawMessage:
		if raw != nil {
			return raw, nil
		}
	default:
		return protocol.Marshal(v)
	}
	return []byte("null"), nil
}

func (codec) Unmarshal(data []byte, v any) error {
	if raw, ok := v.(*jsonrpc2.RawMessage); ok {
		*raw = bytes.Clone(data)
		return nil
	}
	return protocol.Unmarshal(data, v)
}

// errExit ends the read loop: jsonrpc2 closes a connection when the handler
// of a notification returns an error, and `exit` is the one that should.
var errExit = errors.New("exit")

// inFlight knows the requests that are being answered, so that they can be
// cancelled by id.
type inFlight struct {
	mu      sync.Mutex
	cancels map[jsonrpc2.ID]*cancellation
}

type cancellation struct{ cancel context.CancelFunc }

// begin registers a request. Done must be called when it is answered.
func (f *inFlight) begin(parent context.Context, id jsonrpc2.ID) (ctx context.Context, done func()) {
	ctx, cancel := context.WithCancel(parent)
	entry := &cancellation{cancel}
	f.mu.Lock()
	if f.cancels == nil {
		f.cancels = map[jsonrpc2.ID]*cancellation{}
	}
	f.cancels[id] = entry
	f.mu.Unlock()
	return ctx, func() {
		f.mu.Lock()
		// A client that uses an id twice at once must not lose the other.
		if f.cancels[id] == entry {
			delete(f.cancels, id)
		}
		f.mu.Unlock()
		cancel()
	}
}

// cancel cancels the request with that id; an id that is not known is late,
// which is usual.
func (f *inFlight) cancel(id jsonrpc2.ID) {
	f.mu.Lock()
	entry := f.cancels[id]
	f.mu.Unlock()
	if entry != nil {
		entry.cancel()
	}
}

// cancelID reads the id out of $/cancelRequest. JSON numbers come as 7, 7.0
// or larger than an int32; null and other nonsense is refused.
func cancelID(params []byte) (jsonrpc2.ID, error) {
	var p struct {
		ID json.RawMessage `json:"id"`
	}
	if err := json.Unmarshal(params, &p); err != nil {
		return jsonrpc2.ID{}, fmt.Errorf("$/cancelRequest: %w", err)
	}
	var text string
	if json.Unmarshal(p.ID, &text) == nil && len(p.ID) > 0 && p.ID[0] == '"' {
		return jsonrpc2.NewStringID(text), nil
	}
	var number float64
	if len(p.ID) == 0 || string(p.ID) == "null" || json.Unmarshal(p.ID, &number) != nil || number != float64(int64(number)) {
		return jsonrpc2.ID{}, fmt.Errorf("$/cancelRequest: id %s is neither a whole number nor a string", p.ID)
	}
	return jsonrpc2.NewNumberID(int64(number)), nil
}

// handle is the connection's handler: the chain described above.
func (w *Conn) handle(reqCtx context.Context, req *jsonrpc2.Request) (any, error) {
	ctx := jsonrpc2.DetachContext(reqCtx)
	if !req.IsCall() {
		err := w.guard(req.Method(), func() error { return w.notification(ctx, req.Method(), req.Params()) })
		if errors.Is(err, errExit) {
			return nil, err
		}
		if err != nil {
			w.Log.Warn("notification failed", "method", strings.Clone(req.Method()), "error", err)
		}
		return nil, nil
	}
	return w.request(ctx, reqCtx, req)
}

// request answers one request, inline where its route says so.
func (w *Conn) request(ctx, reqCtx context.Context, req *jsonrpc2.Request) (result any, err error) {
	route, ok := w.Routes[req.Method()]
	if !ok {
		return nil, jsonrpc2.Errorf(jsonrpc2.MethodNotFound, "%s is not supported", req.Method())
	}
	if err := w.life.admits(req.Method()); err != nil {
		return nil, err
	}
	if route.Inline {
		err = w.guard(req.Method(), func() error {
			result, err = route.Take()(ctx, req.Params())
			return err
		})
		return result, wireError(ctx, err)
	}
	answer := route.Take() // before Async: in wire order with the edits
	ctx, done := w.inFlight.begin(ctx, req.ID())
	defer done()
	jsonrpc2.Async(reqCtx)
	err = w.guard(req.Method(), func() error {
		result, err = answer(ctx, req.Params())
		return err
	})
	return result, wireError(ctx, err)
}

// guard runs f and turns a panic into an error, with the stack in the log.
func (w *Conn) guard(method string, f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			method := strings.Clone(method)
			w.Log.Error("panic", "method", method, "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
			err = jsonrpc2.Errorf(jsonrpc2.InternalError, "%s: internal error: %v", method, r)
		}
	}()
	return f()
}

// wireError gives an error the code that the protocol has for it.
func wireError(ctx context.Context, err error) error {
	var coded *jsonrpc2.Error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled) || ctx.Err() != nil:
		return protocol.ErrRequestCancelled
	case errors.As(err, &coded):
		return coded
	default:
		// -32803, RequestFailed: the request was sound, it just failed.
		return jsonrpc2.NewError(-32803, err.Error())
	}
}
