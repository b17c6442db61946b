// SPDX-License-Identifier: Apache-2.0

//go:build unix

package hostile

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.lsp.dev/uri"

	"example.invalid/starlark-memls/lsp/lsptest"
)

// TestHouse opens the house with the real server, trusted and not: it answers,
// tells of no crash, keeps its memory, prints nothing that is obeyed, and ends.
func TestHouse(t *testing.T) {
	t.Parallel()
	for _, trusted := range []bool{true, false} {
		t.Run(fmt.Sprintf("trusted %t", trusted), func(t *testing.T) {
			t.Parallel()
			visit(t, t.TempDir(), trusted, nil)
		})
	}
}

// mostOfServer is what the server may have in memory over the house, in bytes.
const mostOfServer = 160 << 20

// visit opens a house in dir. before is what the server is started through.
func visit(t *testing.T, dir string, trusted bool, before []string) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	house := filepath.Join(dir, "house")
	sources, err := House(house)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var log lockedBuffer
	env := []string{"env", "-i", "PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Join(dir, "home"), "TMPDIR=" + dir, "USER=builder", "--"}
	if err := os.MkdirAll(filepath.Join(dir, "home"), 0o700); err != nil {
		t.Fatal(err)
	}
	line := append(append(env[:len(env)-1], before...), program, "serve")
	s, err := lsptest.Start(ctx, &log, line[0], line[1:]...)
	if err != nil {
		t.Fatal(err)
	}
	answer := func(method string, params any) {
		t.Helper()
		within, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		var result json.RawMessage
		if err := s.Call(within, method, params, &result); err != nil && within.Err() != nil {
			t.Errorf("%s is not answered: %v", method, err)
		}
	}
	root := uri.File(house)
	if _, err := s.Initialize(ctx, map[string]any{"rootUri": root, "capabilities": map[string]any{},
		"workspaceFolders":      []any{map[string]any{"uri": root, "name": "house"}},
		"initializationOptions": map[string]any{"trusted": trusted}}); err != nil {
		t.Fatal(err)
	}
	for _, name := range sources {
		u := uri.File(filepath.Join(house, name))
		document := map[string]any{"uri": u}
		if err := s.Notify("textDocument/didOpen", map[string]any{"textDocument": map[string]any{"uri": u, "languageId": "starlark", "version": 1, "text": "def f(ctx):\n    pass\n"}}); err != nil {
			t.Fatal(err)
		}
		answer("textDocument/codeLens", map[string]any{"textDocument": document})
		answer("textDocument/hover", map[string]any{"textDocument": document, "position": map[string]any{"line": 0, "character": 5}})
		if err := s.Notify("textDocument/didClose", map[string]any{"textDocument": document}); err != nil {
			t.Fatal(err)
		}
	}
	for _, u := range []string{"file:///C:/x/a.bzl", "file:///c%3A/x/a.bzl", "file:///%00/a.bzl", "file:///../../etc/passwd", "file:", "", "x",
		"file:///proc/self/mem", "file:///dev/zero", "file:///a.bzl", "file:///BUILD", "untitled:Untitled-1", "file:///" + strings.Repeat("a/", 20_000) + "a.bzl"} {
		_ = s.Notify("textDocument/didOpen", map[string]any{"textDocument": map[string]any{"uri": u, "languageId": "starlark", "version": 1, "text": "def f():\n pass\n"}})
		answer("textDocument/codeLens", map[string]any{"textDocument": map[string]any{"uri": u}})
	}
	answer("workspace/executeCommand", map[string]any{"command": "starlark-memls.loadMeasurements", "arguments": []any{map[string]any{"paths": []string{filepath.Join(house, "m", "200m-1")}}}})
	answer("workspace/executeCommand", map[string]any{"command": "starlark-memls.rescan", "arguments": []any{}})
	answer("workspace/executeCommand", map[string]any{"command": "starlark-memls.showCrashReport", "arguments": []any{}})

	if peak := serverPeak(house); peak > mostOfServer && !raceDetector && before == nil {
		t.Errorf("the server took %d MB", peak>>20)
	}
	if err := s.Shutdown(ctx); err != nil {
		t.Errorf("does not end: %v\n%s", err, log.String())
	}
	for _, m := range s.Received() {
		text := string(m.Params)
		if strings.HasPrefix(m.Method, "window/show") && strings.Contains(text, "crash") {
			t.Errorf("tells of a crash that never was: %s", text)
		}
		if i := strings.IndexFunc(text, obeyed); i >= 0 && strings.HasPrefix(m.Method, "window/") {
			t.Errorf("%s has %q: %s", m.Method, text[i:min(len(text), i+8)], text)
		}
	}
	if text := log.String(); strings.Contains(text, "panic") || strings.ContainsFunc(text, obeyed) {
		t.Errorf("the log: %s", text)
	}
}

// serverPeak is the most memory of the server that works in a house.
func serverPeak(house string) (peak int64) {
	all, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, name := range all {
		environ, err := os.ReadFile(name)
		if err != nil || !bytes.Contains(environ, []byte("TMPDIR="+filepath.Dir(house)+"\x00")) {
			continue
		}
		status, err := os.ReadFile(filepath.Join(filepath.Dir(name), "status"))
		if m := highest.FindSubmatch(status); err == nil && m != nil {
			var n int64
			_, _ = fmt.Sscan(string(m[1]), &n)
			peak = max(peak, n<<10)
		}
	}
	return peak
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// TestWire sends what is no sound message. Each is answered with the error that
// the protocol has for it, and the connection lives.
func TestWire(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c := exec.CommandContext(ctx, program, "serve")
	c.Env = []string{"XDG_CACHE_HOME=" + t.TempDir(), "HOME=" + t.TempDir()}
	to, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	from, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = to.Close()
		_ = c.Wait() // exit was not sent: the code tells so
	}()
	in := bufio.NewReader(from)
	send := func(body string) {
		t.Helper()
		if _, err := fmt.Fprintf(to, "Content-Length: %d\r\n\r\n%s", len(body), body); err != nil {
			t.Fatalf("%.60q: %v", body, err)
		}
	}
	// receive gives the next response, whatever is sent beside.
	receive := func() (id, body string) {
		t.Helper()
		for {
			header, err := textproto.NewReader(in).ReadMIMEHeader()
			if err != nil {
				t.Fatalf("the connection is gone: %v", err)
			}
			n, _ := strconv.Atoi(header.Get("Content-Length"))
			text := make([]byte, n)
			if _, err := io.ReadFull(in, text); err != nil {
				t.Fatal(err)
			}
			var m struct {
				ID     json.RawMessage `json:"id"`
				Method string          `json:"method"`
			}
			if err := json.Unmarshal(text, &m); err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			if m.Method == "" {
				return string(m.ID), string(text)
			}
		}
	}
	send(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"processId":null,"rootUri":null,"capabilities":{}}}`)
	receive()
	for _, test := range []struct{ body, code string }{
		{`{"jsonrpc":"2.0","id":1.5,"method":"shutdown"}`, "-32600"},
		{`{"jsonrpc":"2.0","id":[1],"method":"shutdown"}`, "-32600"},
		{`{"jsonrpc":"2.0","id":{},"method":"x"}`, "-32600"},
		{`{"jsonrpc":"2.0","id":true,"method":"x"}`, "-32600"},
		{`{"jsonrpc":"2.0","id":99999999999999999999,"method":"x"}`, "-32600"},
		{`{"jsonrpc":"2.0","id":7,"method":5}`, "-32600"},
		{`{"jsonrpc":"2.0","id":7}`, "-32600"},
		{`{}`, "-32600"}, {`[]`, "-32600"}, {`1`, "-32600"}, {`"x"`, "-32600"}, {`[{"jsonrpc":"2.0","id":7,"method":"x"}]`, "-32600"},
		{`{"jsonrpc":"2.0","id":7,`, "-32700"}, {``, "-32700"}, {"\x00", "-32700"}, {"{\"id\":7,\"method\":\"\xff\"}", "-32700"}, {strings.Repeat("[", 100_000), "-32700"},
	} {
		send(test.body)
		if _, body := receive(); !strings.Contains(body, `"code":`+test.code) {
			t.Errorf("%.60q is answered by %s, want code %s", test.body, body, test.code)
		}
		send(`{"jsonrpc":"2.0","id":"alive","method":"no/such"}`)
		if id, body := receive(); id != `"alive"` || !strings.Contains(body, "-32601") {
			t.Fatalf("after %.60q: %s", test.body, body)
		}
	}
}
