// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"go.lsp.dev/jsonrpc2"
)

// jsonrpc2 ends the connection at the first message that is no JSON, or whose id
// is no whole number and no string. An editor's user loses the server by it, for
// a message that another extension of his made. A screen stands before it: such a
// message is answered with the error that the protocol has for it, and goes no
// further.

const (
	maxHeader  = 16 << 10
	maxMessage = 256 << 20 // bytes: the largest document that an editor opens, and more
)

// A screen is a connection of which only sound messages are read.
type screen struct {
	io.ReadWriteCloser
	in    *bufio.Reader
	ready bytes.Buffer // sound, and not read yet
	write sync.Mutex
}

func newScreen(conn io.ReadWriteCloser) *screen {
	return &screen{ReadWriteCloser: conn, in: bufio.NewReaderSize(conn, 64<<10)}
}

// Write writes one message, header and all: jsonrpc2 writes each at once.
func (s *screen) Write(p []byte) (int, error) {
	s.write.Lock()
	defer s.write.Unlock()
	return s.ReadWriteCloser.Write(p)
}

// Read gives the bytes of sound messages.
func (s *screen) Read(p []byte) (int, error) {
	for s.ready.Len() == 0 {
		if err := s.next(); err != nil {
			return 0, err
		}
	}
	return s.ready.Read(p)
}

// next takes one message, and answers it where it is not sound.
func (s *screen) next() error {
	length, err := s.header()
	if err != nil {
		return err
	}
	if length > maxMessage {
		if _, err := io.CopyN(io.Discard, s.in, length); err != nil {
			return err
		}
		return s.refuse(nil, jsonrpc2.InvalidRequest, fmt.Sprintf("a message of %d bytes is larger than is read (%d)", length, maxMessage))
	}
	var body bytes.Buffer // grows with what comes, whatever was announced
	if _, err := io.CopyN(&body, s.in, length); err != nil {
		if errors.Is(err, io.EOF) {
			return io.EOF
		}
		return err
	}
	if code, id, fault := judge(body.Bytes()); fault != "" {
		return s.refuse(id, code, fault)
	}
	s.ready.Reset()
	fmt.Fprintf(&s.ready, "Content-Length: %d\r\n\r\n", body.Len())
	s.ready.Write(body.Bytes())
	return nil
}

// header reads to the empty line and tells the length of what follows.
func (s *screen) header() (length int64, err error) {
	length = -1
	for read := 0; ; {
		line, err := s.in.ReadSlice('\n')
		if err != nil {
			if errors.Is(err, bufio.ErrBufferFull) {
				return 0, errors.New("a header without an end")
			}
			return 0, err
		}
		if read += len(line); read > maxHeader {
			return 0, errors.New("a header without an end")
		}
		text := strings.TrimSpace(string(line))
		if text == "" {
			if length >= 0 {
				return length, nil
			}
			continue // empty lines between messages
		}
		if name, value, ok := strings.Cut(text, ":"); ok && strings.EqualFold(strings.TrimSpace(name), "Content-Length") {
			if length, err = strconv.ParseInt(strings.TrimSpace(value), 10, 64); err != nil || length < 0 {
				return 0, fmt.Errorf("the header %.100q has no length", text)
			}
		}
	}
}

// judge says what is wrong with a message, with the id to answer to; "" for
// nothing.
func judge(body []byte) (code jsonrpc2.Code, id json.RawMessage, fault string) {
	if !utf8.Valid(body) {
		return jsonrpc2.ParseError, nil, "the message is not UTF-8"
	}
	var m struct {
		ID     json.RawMessage `json:"id"`
		Method json.RawMessage `json:"method"`
		Result json.RawMessage `json:"result"`
		Error  json.RawMessage `json:"error"`
	}
	if err := json.Unmarshal(body, &m); err != nil {
		if json.Valid(body) {
			return jsonrpc2.InvalidRequest, nil, "the message is no JSON-RPC object"
		}
		return jsonrpc2.ParseError, nil, "the message is not JSON"
	}
	switch {
	case m.Method == nil && m.Result == nil && m.Error == nil:
		return jsonrpc2.InvalidRequest, m.ID, "the message has neither a method nor a result"
	case m.Method != nil && m.Method[0] != '"':
		return jsonrpc2.InvalidRequest, m.ID, "the method is no string"
	case m.ID != nil && !soundID(m.ID):
		return jsonrpc2.InvalidRequest, m.ID, "the id is neither a whole number nor a string"
	}
	return 0, nil, ""
}

// soundID: null is a notification's for jsonrpc2, or an error's that has none.
func soundID(id json.RawMessage) bool {
	if id[0] == '"' || string(id) == "null" {
		return true
	}
	_, err := strconv.ParseInt(string(id), 10, 64)
	return err == nil
}

func (s *screen) refuse(id json.RawMessage, code jsonrpc2.Code, fault string) error {
	if id == nil {
		id = json.RawMessage("null")
	}
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": id, "error": map[string]any{"code": code, "message": fault}})
	if err != nil {
		return err
	}
	_, err = s.Write(fmt.Appendf(nil, "Content-Length: %d\r\n\r\n%s", len(body), body))
	return err
}
