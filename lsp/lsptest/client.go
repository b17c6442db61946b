// SPDX-License-Identifier: Apache-2.0

// Package lsptest is a small language client for tests. It shares no code
// with the server: framing and JSON are its own, so that what the server
// writes is read by somebody else's rules.
package lsptest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
)

// A Client talks to one server. All methods may be used concurrently.
type Client struct {
	writing sync.Mutex
	out     io.WriteCloser

	mu       sync.Mutex
	changed  *sync.Cond
	last     int64
	waiting  map[string]chan message
	received []Received
	handlers map[string]func(params json.RawMessage) (any, error)
	err      error // why reading ended
	done     chan struct{}
}

// Received is a notification, or a request, that the server sent.
type Received struct {
	Method string
	Params json.RawMessage
}

// An RPCError is an error answer.
type RPCError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func (e *RPCError) Error() string { return fmt.Sprintf("%d: %s", e.Code, e.Message) }

type message struct {
	JSONRPC string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *RPCError       `json:"error,omitempty"`
}

// New begins to read from in. It answers the server's requests as an editor
// that agrees to everything; Handle changes that.
func New(in io.Reader, out io.WriteCloser) *Client {
	c := &Client{out: out, waiting: map[string]chan message{}, handlers: map[string]func(json.RawMessage) (any, error){}, done: make(chan struct{})}
	c.changed = sync.NewCond(&c.mu)
	c.handlers["workspace/configuration"] = func(params json.RawMessage) (any, error) {
		var p struct{ Items []any }
		err := json.Unmarshal(params, &p)
		return make([]any, len(p.Items)), err
	}
	c.handlers["window/showDocument"] = func(json.RawMessage) (any, error) { return map[string]bool{"success": true}, nil }
	go c.read(bufio.NewReader(in))
	return c
}

// Handle answers the server's requests of a method.
func (c *Client) Handle(method string, answer func(params json.RawMessage) (any, error)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.handlers[method] = answer
}

func (c *Client) read(in *bufio.Reader) {
	err := c.readAll(in)
	c.mu.Lock()
	c.err = err
	for id, ch := range c.waiting {
		close(ch)
		delete(c.waiting, id)
	}
	c.mu.Unlock()
	c.changed.Broadcast()
	close(c.done)
}

func (c *Client) readAll(in *bufio.Reader) error {
	for {
		body, err := readFrame(in)
		if err != nil {
			return err
		}
		m, quick := quickResponse(body)
		if quick {
			err = nil
		} else if err = json.Unmarshal(body, &m); err != nil || m.JSONRPC != "2.0" {
			return fmt.Errorf("the server wrote no JSON-RPC 2.0: %w: %.200s", err, body)
		}
		switch {
		case m.Method == "":
			c.mu.Lock()
			ch := c.waiting[string(m.ID)]
			delete(c.waiting, string(m.ID))
			c.mu.Unlock()
			if ch != nil {
				ch <- m
			}
		default:
			c.mu.Lock()
			c.received = append(c.received, Received{m.Method, m.Params})
			handler := c.handlers[m.Method]
			c.mu.Unlock()
			c.changed.Broadcast()
			if len(m.ID) > 0 {
				go c.answer(m, handler)
			}
		}
	}
}

func (c *Client) answer(m message, handler func(json.RawMessage) (any, error)) {
	reply := message{JSONRPC: "2.0", ID: m.ID, Result: json.RawMessage("null")}
	if handler != nil {
		result, err := handler(m.Params)
		if err == nil {
			reply.Result, err = json.Marshal(result)
		}
		if err != nil {
			reply.Result, reply.Error = nil, &RPCError{-32603, err.Error()}
		}
	}
	_ = c.write(reply)
}

// quickResponse takes a large response apart without reading all of it, where
// it is laid out as {"jsonrpc":"2.0","id":N,"result":…}: a benchmark is to
// measure the server. Whoever decodes the result finds what is wrong in it.
func quickResponse(body []byte) (message, bool) {
	const head = `{"jsonrpc":"2.0","id":`
	if len(body) < 1<<14 || !bytes.HasPrefix(body, []byte(head)) {
		return message{}, false
	}
	id, result, ok := bytes.Cut(body[len(head):len(body)-1], []byte(`,"result":`))
	if !ok || len(id) > 20 {
		return message{}, false
	}
	return message{JSONRPC: "2.0", ID: id, Result: result}, true
}

// readFrame reads one message's body.
func readFrame(in *bufio.Reader) ([]byte, error) {
	length := -1
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return nil, err
		}
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			break
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return nil, fmt.Errorf("the server wrote something other than the protocol: %q", line)
		}
		if strings.EqualFold(name, "Content-Length") {
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil {
				return nil, err
			}
		}
	}
	if length < 0 {
		return nil, errors.New("a message without Content-Length")
	}
	body := make([]byte, length)
	_, err := io.ReadFull(in, body)
	return body, err
}

// Raw writes bytes as they are.
func (c *Client) Raw(data []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	_, err := c.out.Write(data)
	return err
}

// RawMessage frames a body and writes it.
func (c *Client) RawMessage(body string) error {
	return c.Raw([]byte(fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)))
}

func (c *Client) write(m message) error {
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return c.RawMessage(string(body))
}

// Notify sends a notification; nil params are left out.
func (c *Client) Notify(method string, params any) error {
	m := message{JSONRPC: "2.0", Method: method}
	if params != nil {
		raw, err := json.Marshal(params)
		if err != nil {
			return err
		}
		m.Params = raw
	}
	return c.write(m)
}

// Call sends a request and decodes the answer into result, which may be nil.
// An error answer is an *RPCError.
func (c *Client) Call(ctx context.Context, method string, params, result any) error {
	id, pending, err := c.Start(method, params)
	if err != nil {
		return err
	}
	raw, err := c.Wait(ctx, id, pending)
	if err != nil {
		return err
	}
	if result == nil {
		return nil
	}
	if err := json.Unmarshal(raw, result); err != nil {
		return fmt.Errorf("%s answered %.300s: %w", method, raw, err)
	}
	return nil
}

// A Pending is a request that is not answered yet.
type Pending struct{ answer chan message }

// Start sends a request without waiting.
func (c *Client) Start(method string, params any) (id int64, p Pending, err error) {
	ch := make(chan message, 1)
	c.mu.Lock()
	if c.err != nil {
		defer c.mu.Unlock()
		return 0, Pending{}, fmt.Errorf("the connection is closed: %w", c.err)
	}
	c.last++
	id = c.last
	c.waiting[strconv.FormatInt(id, 10)] = ch
	c.mu.Unlock()
	m := message{JSONRPC: "2.0", ID: json.RawMessage(strconv.FormatInt(id, 10)), Method: method}
	if params != nil {
		if m.Params, err = json.Marshal(params); err != nil {
			return id, Pending{}, err
		}
	}
	return id, Pending{ch}, c.write(m)
}

// Wait waits for a request's answer.
func (c *Client) Wait(ctx context.Context, id int64, p Pending) (json.RawMessage, error) {
	select {
	case m, ok := <-p.answer:
		switch {
		case !ok:
			return nil, fmt.Errorf("the connection closed before request %d was answered", id)
		case m.Error != nil:
			return nil, m.Error
		default:
			return m.Result, nil
		}
	case <-ctx.Done():
		return nil, fmt.Errorf("request %d: %w", id, ctx.Err())
	}
}

// Await waits until something that was received passes the test, and returns
// the first that does, from the from-th message on.
func (c *Client) Await(ctx context.Context, from int, test func(Received) bool) (Received, error) {
	stop := context.AfterFunc(ctx, c.changed.Broadcast)
	defer stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		for ; from < len(c.received); from++ {
			if test(c.received[from]) {
				return c.received[from], nil
			}
		}
		if ctx.Err() != nil {
			return Received{}, ctx.Err()
		}
		if c.err != nil {
			return Received{}, fmt.Errorf("the connection closed: %w", c.err)
		}
		c.changed.Wait()
	}
}

// Received are all messages so far that the server sent unasked.
func (c *Client) Received() []Received {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Received(nil), c.received...)
}

// TakeReceived is Received, and forgets: for a session that is long. Await
// counts from here again.
func (c *Client) TakeReceived() []Received {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := c.received
	c.received = nil
	return all
}

// CloseInput closes the server's input, as an editor that dies does.
func (c *Client) CloseInput() error { return c.out.Close() }

// Done is closed when the server's output has ended; Err tells how.
func (c *Client) Done() <-chan struct{} { return c.done }

// Err is why reading ended: io.EOF as a rule.
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}
