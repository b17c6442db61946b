// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/textproto"
	"strconv"
	"testing"
	"testing/iotest"
)

// A pair is a connection of what comes and what was answered.
type pair struct {
	io.Reader
	answers bytes.Buffer
}

func (p *pair) Write(b []byte) (int, error) { return p.answers.Write(b) }
func (p *pair) Close() error                { return nil }

func frame(body string) string { return fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body) }

// bodies are the messages of a stream.
func bodies(t *testing.T, stream io.Reader) (all []string) {
	t.Helper()
	in := bufio.NewReader(stream)
	for {
		header, err := textproto.NewReader(in).ReadMIMEHeader()
		if err != nil {
			return all
		}
		n, err := strconv.Atoi(header.Get("Content-Length"))
		if err != nil {
			t.Fatalf("header %v", header)
		}
		body := make([]byte, n)
		if _, err := io.ReadFull(in, body); err != nil {
			t.Fatalf("a message is shorter than announced: %v", err)
		}
		all = append(all, string(body))
	}
}

func TestScreen(t *testing.T) {
	t.Parallel()
	const sound = `{"jsonrpc":"2.0","id":1,"method":"x"}`
	text := frame(sound) + frame(`{"id":1.5,"method":"x"}`) + frame(`{`) + "\r\n\r\nContent-Type: x\r\ncontent-length:  " +
		strconv.Itoa(len(sound)) + "\r\n\r\n" + sound + frame(`{"id":null,"result":null}`) + frame(`[]`)
	for name, in := range map[string]io.Reader{"at once": bytes.NewBufferString(text), "by bytes": iotest.OneByteReader(bytes.NewBufferString(text))} {
		conn := &pair{Reader: in}
		passed := bodies(t, newScreen(conn))
		if len(passed) != 3 || passed[0] != sound || passed[1] != sound {
			t.Errorf("%s: passed %q", name, passed)
		}
		answers := bodies(t, &conn.answers)
		want := []string{
			`{"error":{"code":-32600,"message":"the id is neither a whole number nor a string"},"id":1.5,"jsonrpc":"2.0"}`,
			`{"error":{"code":-32700,"message":"the message is not JSON"},"id":null,"jsonrpc":"2.0"}`,
			`{"error":{"code":-32600,"message":"the message is no JSON-RPC object"},"id":null,"jsonrpc":"2.0"}`,
		}
		if fmt.Sprint(answers) != fmt.Sprint(want) {
			t.Errorf("%s: answered\n%s\nwant\n%s", name, answers, want)
		}
	}
}

// FuzzScreen: whatever comes, what passes is sound, and the others are answered.
func FuzzScreen(f *testing.F) {
	f.Add([]byte(frame(`{"jsonrpc":"2.0","id":1,"method":"x"}`) + frame(`{"id":{}}`)))
	f.Add([]byte("Content-Length: 99999999999999\r\n\r\n{}"))
	f.Add([]byte("Content-Length: -1\r\n\r\n"))
	f.Add([]byte("\n\n\n:\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		conn := &pair{Reader: bytes.NewReader(text)}
		for _, body := range bodies(t, newScreen(conn)) {
			var m map[string]json.RawMessage
			if err := json.Unmarshal([]byte(body), &m); err != nil {
				t.Errorf("%q passes: %v", body, err)
			}
		}
		for _, body := range bodies(t, &conn.answers) {
			if !json.Valid([]byte(body)) {
				t.Errorf("answered %q", body)
			}
		}
	})
}
