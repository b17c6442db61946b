// SPDX-License-Identifier: Apache-2.0

package lsp

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/bazel/outputbase"
	"example.invalid/starlark-memls/internal/jvmtest"
	"example.invalid/starlark-memls/lsp/internal/session"
	"example.invalid/starlark-memls/lsp/lsptest"
	"example.invalid/starlark-memls/lsp/settings"
	"example.invalid/starlark-memls/starlark"
)

// verify runs the tests, and fails if one of them leaves a goroutine.
func verify(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		jvmtest.Clean()
		if dir, err := shared(); err == nil {
			_ = os.RemoveAll(dir)
		}
		os.Exit(code)
	}))
}

// patience is how long something may take that takes milliseconds on a machine
// with nothing else to do: only a test that fails waits that long.
const patience = 2 * time.Minute

// shared is a folder for what several tests use.
var shared = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "lsp-test") })

// A harness is a server with known evidence, and its client.
type harness struct {
	*lsptest.Session
	t      *testing.T
	ctx    context.Context
	server *server
	root   string
}

// quietPipeline finds no output base and concludes nothing.
func quietPipeline() session.Pipeline {
	p := session.RealPipeline()
	p.Find = func(string, settings.Settings) (*outputbase.OutputBase, error) { return nil, outputbase.ErrNotFound }
	p.Conclude = func(_ context.Context, _ []*observe.Observation, ws *starlark.Workspace, _ attribution.ConcludeOptions) *attribution.Report {
		return &attribution.Report{Workspace: ws}
	}
	return p
}

// start runs a server in the test's process. The context ends before the
// test's own deadline would.
func start(t *testing.T, root string, p session.Pipeline) *harness {
	t.Helper()
	return startFor(t, 2*patience, root, p)
}

// startFor is start for a session that may take that long.
func startFor(t *testing.T, limit time.Duration, root string, p session.Pipeline) *harness {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit) // t.Context ends before cleanups run
	t.Cleanup(cancel)
	s, err := newServer(ctx, Options{CacheDir: t.TempDir(), Log: testLog{t}}, p)
	if err != nil {
		t.Fatal(err)
	}
	addTestRoutes(s)
	h := &harness{t: t, ctx: ctx, server: s, root: root}
	h.Session = lsptest.Serve(ctx, func(ctx context.Context, conn io.ReadWriteCloser) error { return s.serve(ctx, conn) })
	t.Cleanup(func() {
		_ = h.CloseInput()
		if err := h.Ended(ctx); err != nil && !t.Failed() {
			t.Errorf("the server ended with %v", err)
		}
		<-h.Done()
	})
	return h
}

type testLog struct{ t *testing.T }

func (l testLog) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("msg=panic")) && !bytes.Contains(p, []byte("test/panic")) {
		l.t.Errorf("the server panicked: %s", p)
	}
	if testing.Verbose() {
		l.t.Logf("server: %s", p)
	}
	return len(p), nil
}

// initialize opens the session as an editor that can do everything, with
// options laid over.
func (h *harness) initialize(options map[string]any) json.RawMessage {
	h.t.Helper()
	params := fixtureParams(h.t, "vscode139-lc11.json", h.root)
	// The memory checks have tests of their own; their hints come when they
	// come.
	with := map[string]any{"lint.enable": false}
	maps.Copy(with, options)
	params["initializationOptions"] = with
	result, err := h.Initialize(h.ctx, params)
	if err != nil {
		h.t.Fatal(err)
	}
	return result
}

// fixtureParams are what a real editor sent, with the root put in.
func fixtureParams(t *testing.T, name, root string) map[string]any {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "initialize", name))
	if err != nil {
		t.Fatal(err)
	}
	var params map[string]any
	if err := json.Unmarshal(raw, &params); err != nil {
		t.Fatal(err)
	}
	u := "file://" + filepath.ToSlash(root)
	if params["rootUri"] != nil {
		params["rootUri"], params["rootPath"] = u, root
	}
	if params["workspaceFolders"] != nil {
		params["workspaceFolders"] = []any{map[string]any{"uri": u, "name": "ws"}}
	}
	return params
}

func (h *harness) uri(path string) string {
	return "file://" + filepath.ToSlash(filepath.Join(h.root, path))
}

func (h *harness) open(path, text string) {
	h.t.Helper()
	h.notify("textDocument/didOpen", map[string]any{"textDocument": map[string]any{
		"uri": h.uri(path), "languageId": "starlark", "version": 1, "text": text}})
}

func (h *harness) notify(method string, params any) {
	h.t.Helper()
	if err := h.Notify(method, params); err != nil {
		h.t.Fatalf("%s: %v", method, err)
	}
}

func (h *harness) call(method string, params, result any) {
	h.t.Helper()
	if err := h.Call(h.ctx, method, params, result); err != nil {
		h.t.Fatalf("%s: %v", method, err)
	}
}

// settled waits until all folders have been analysed with every edit so far.
func (h *harness) settled() {
	h.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(2 * time.Millisecond) {
		view, done := h.server.Current(), true
		for _, f := range view.Folders {
			_, seen := view.Overlays(f)
			done = done && f.Analysis != nil && f.Analysis.Seen >= seen && f.Observed != nil && f.Analysis.Generation == f.Observed.Generation
		}
		if done {
			return
		}
		if time.Now().After(deadline) {
			h.t.Fatal("the server did not settle")
		}
	}
}

func docParams(uri string) map[string]any {
	return map[string]any{"textDocument": map[string]any{"uri": uri}}
}

// receive waits for what a channel brings, or for its end.
func receive[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatal("it did not come")
		panic("unreachable")
	}
}
