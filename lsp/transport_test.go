// SPDX-License-Identifier: Apache-2.0

package lsp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"example.invalid/starlark-memls/lsp/internal/show"
	"example.invalid/starlark-memls/lsp/internal/wire"
	"example.invalid/starlark-memls/lsp/lsptest"
)

// alive fails the test unless the server still answers.
func (h *harness) alive() {
	h.t.Helper()
	var lenses []any
	h.call("textDocument/codeLens", docParams(h.uri("any.bzl")), &lenses)
}

func TestFaultsDoNotEndTheConnection(t *testing.T) {
	t.Parallel()
	faults := map[string]string{
		"unknown notification":                  `{"jsonrpc":"2.0","method":"foo/bar","params":{"x":1}}`,
		"unknown $ notification":                `{"jsonrpc":"2.0","method":"$/foo"}`,
		"notification with params of bad shape": `{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":7}}`,
		"notification with params of bad type":  `{"jsonrpc":"2.0","method":"textDocument/didOpen","params":[1,2]}`,
		"notification without params":           `{"jsonrpc":"2.0","method":"textDocument/didChange"}`,
		"change of what is not open":            `{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":{"uri":"file:///no","version":1},"contentChanges":[{"text":"x"}]}}`,
		"cancel with null":                      `{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":null}}`,
		"cancel with an object":                 `{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":{}}}`,
		"cancel with a large number":            `{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":3000000000}}`,
		"cancel with a fraction":                `{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1.5}}`,
		"cancel with 1.0":                       `{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1.0}}`,
		"cancel with a string":                  `{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":"late"}}`,
		"cancel without params":                 `{"jsonrpc":"2.0","method":"$/cancelRequest"}`,
		"settings of bad type":                  `{"jsonrpc":"2.0","method":"workspace/didChangeConfiguration","params":{"settings":[1]}}`,
		"a bad URI":                             `{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":"::::","languageId":"x","version":1,"text":""}}}`,
		"an answer to nothing":                  `{"jsonrpc":"2.0","id":77777,"result":null}`,
		"a lone surrogate":                      `{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":"untitled:1","languageId":"x","version":1,"text":"\ud800"}}}`,
		"exit's spelling":                       `{"jsonrpc":"2.0","method":"EXIT"}`,
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := start(t, t.TempDir(), quietPipeline())
			h.initialize(nil)
			if err := h.RawMessage(fault); err != nil {
				t.Fatal(err)
			}
			h.alive()
		})
	}
}

func TestErrorAnswers(t *testing.T) {
	t.Parallel()
	h := start(t, t.TempDir(), quietPipeline())
	expect := func(method string, params any, code int) {
		t.Helper()
		err := h.Call(h.ctx, method, params, nil)
		var coded *lsptest.RPCError
		if !errors.As(err, &coded) || coded.Code != code {
			t.Errorf("%s(%v) = %v, want code %d", method, params, err, code)
		}
	}
	expect("textDocument/hover", docParams("file:///x"), -32002)
	h.initialize(nil)
	expect("initialize", map[string]any{"capabilities": map[string]any{}}, -32600)
	expect("textDocument/nonsense", nil, -32601)
	expect("textDocument/hover", map[string]any{"textDocument": 1}, -32602)
	expect("textDocument/hover", nil, -32602)
	expect("textDocument/hover", []int{1}, -32602)
	expect("workspace/executeCommand", map[string]any{"command": "starlark-memls.no"}, -32602)
	expect("workspace/executeCommand", map[string]any{"command": show.CommandLoadMeasurements}, -32602)
	expect("workspace/executeCommand", map[string]any{"command": show.CommandExplain, "arguments": []any{map[string]any{"code": "ML999"}}}, -32602)
	expect("workspace/executeCommand", map[string]any{"command": show.CommandClear, "arguments": []any{1, 2}}, -32602)
	expect("workspace/executeCommand", map[string]any{"command": show.CommandJumpToCrash, "arguments": []any{"x"}}, -32602)
	h.call("shutdown", nil, nil)
	expect("textDocument/hover", docParams("file:///x"), -32600)
}

func TestPanicAnswersAndLives(t *testing.T) {
	t.Parallel()
	h := start(t, t.TempDir(), quietPipeline())
	h.initialize(nil)

	err := h.Call(h.ctx, "test/panic", nil, nil)
	var coded *lsptest.RPCError
	if !errors.As(err, &coded) || coded.Code != int(jsonrpc2.InternalError) || !strings.Contains(coded.Message, "on purpose") {
		t.Errorf("a panic answered %v", err)
	}
	h.alive()
}

func TestCancelStopsARequest(t *testing.T) {
	t.Parallel()
	for _, spelling := range []string{"%d", "%d.0", "%de0"} {
		h := start(t, t.TempDir(), quietPipeline())
		h.initialize(nil)
		id, pending, err := h.Start("test/block", nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.RawMessage(fmt.Sprintf(`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":`+spelling+`}}`, id)); err != nil {
			t.Fatal(err)
		}
		_, err = h.Wait(h.ctx, id, pending)
		var coded *lsptest.RPCError
		if !errors.As(err, &coded) || coded.Code != -32800 {
			t.Errorf("cancelled by "+spelling+": %v", id, err)
		}
	}
}

func TestRequestsRunBesideEachOther(t *testing.T) {
	t.Parallel()
	h := start(t, t.TempDir(), quietPipeline())
	h.initialize(nil)
	id, pending, err := h.Start("test/block", nil)
	if err != nil {
		t.Fatal(err)
	}
	h.alive() // behind a request that never ends
	if err := h.Notify("$/cancelRequest", map[string]any{"id": id}); err != nil {
		t.Fatal(err)
	}
	_, _ = h.Wait(h.ctx, id, pending)
}

// Who waits for a request when the client goes is not waited for.
func TestRequestsInFlightDoNotHoldTheEnd(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(*harness) error{
		"the input ends": func(h *harness) error { return h.CloseInput() },
		"exit": func(h *harness) error {
			if err := h.Call(h.ctx, "shutdown", nil, nil); err != nil {
				return err
			}
			return h.Notify("exit", nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := start(t, t.TempDir(), quietPipeline())
			h.initialize(nil)
			if _, _, err := h.Start("test/block", nil); err != nil {
				t.Fatal(err)
			}
			h.alive()
			if err := leave(h); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(h.ctx, patience)
			defer cancel()
			if err := h.Ended(ctx); err != nil {
				t.Errorf("ended with %v", err)
			}
		})
	}
}

// A text that is built of 2,000 edits, each of which needs the ones before it,
// is right only if none overtook another; and a request sees exactly the
// edits that were sent before it.
func TestEditsKeepTheirOrder(t *testing.T) {
	t.Parallel()
	h := start(t, t.TempDir(), quietPipeline())
	h.initialize(nil)
	h.open("a.bzl", "")
	var want strings.Builder
	type asked struct {
		id      int64
		pending lsptest.Pending
		text    string
	}
	var requests []asked
	for i := range 2000 {
		piece := fmt.Sprintf("%d;", i)
		h.notify("textDocument/didChange", map[string]any{
			"textDocument": map[string]any{"uri": h.uri("a.bzl"), "version": i + 2},
			"contentChanges": []any{map[string]any{"text": piece, "range": map[string]any{
				"start": map[string]any{"line": 0, "character": want.Len()},
				"end":   map[string]any{"line": 0, "character": want.Len()}}}},
		})
		want.WriteString(piece)
		if i%100 == 0 {
			id, pending, err := h.Start("test/text", docParams(h.uri("a.bzl")))
			if err != nil {
				t.Fatal(err)
			}
			requests = append(requests, asked{id, pending, want.String()})
		}
	}
	requests = append(requests, asked{})
	last := &requests[len(requests)-1]
	var err error
	if last.id, last.pending, err = h.Start("test/text", docParams(h.uri("a.bzl"))); err != nil {
		t.Fatal(err)
	}
	last.text = want.String()
	for _, r := range requests {
		raw, err := h.Wait(h.ctx, r.id, r.pending)
		if err != nil {
			t.Fatal(err)
		}
		var got string
		if err := json.Unmarshal(raw, &got); err != nil || got != r.text {
			t.Fatalf("a request saw %d bytes of text, want the %d before it", len(got), len(r.text))
		}
	}
}

func TestLifecycle(t *testing.T) {
	t.Parallel()
	serve := func(ctx context.Context, conn io.ReadWriteCloser) error {
		return Serve(ctx, conn, Options{CacheDir: t.TempDir()})
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	initialize := map[string]any{"capabilities": map[string]any{}, "processId": nil, "rootUri": nil}

	t.Run("shutdown and exit", func(t *testing.T) {
		s := lsptest.Serve(ctx, serve)
		if _, err := s.Initialize(ctx, initialize); err != nil {
			t.Fatal(err)
		}
		if err := s.Shutdown(ctx); err != nil {
			t.Errorf("ended with %v", err)
		}
	})
	t.Run("exit without shutdown", func(t *testing.T) {
		s := lsptest.Serve(ctx, serve)
		if _, err := s.Initialize(ctx, initialize); err != nil {
			t.Fatal(err)
		}
		if err := s.Notify("exit", nil); err != nil {
			t.Fatal(err)
		}
		if err := s.Ended(ctx); !errors.Is(err, wire.ErrExitWithoutShutdown) {
			t.Errorf("ended with %v", err)
		}
	})
	t.Run("the input ends", func(t *testing.T) {
		s := lsptest.Serve(ctx, serve)
		if _, err := s.Initialize(ctx, initialize); err != nil {
			t.Fatal(err)
		}
		if err := s.CloseInput(); err != nil {
			t.Fatal(err)
		}
		if err := s.Ended(ctx); err != nil {
			t.Errorf("ended with %v", err)
		}
	})
	t.Run("the input ends in a message", func(t *testing.T) {
		s := lsptest.Serve(ctx, serve)
		_ = s.Raw([]byte("Content-Length: 100\r\n\r\n{"))
		_ = s.CloseInput()
		if err := s.Ended(ctx); ctx.Err() != nil {
			t.Errorf("hangs: %v", err)
		}
	})
	t.Run("the context ends", func(t *testing.T) {
		inner, stop := context.WithCancel(ctx)
		s := lsptest.Serve(inner, serve)
		if _, err := s.Initialize(ctx, initialize); err != nil {
			t.Fatal(err)
		}
		stop()
		if err := s.Ended(ctx); ctx.Err() != nil {
			t.Errorf("hangs: %v", err)
		}
		_ = s.CloseInput()
	})
}

// Every editor's own initialize is answered, with an encoding that it offered.
func TestInitializeOfRealEditors(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"ale33.json": "utf-16", "eglot19.json": "utf-16", "eglot30.json": "utf-8", "helix25.json": "utf-8",
		"lspmode8.json": "utf-16", "nvim0104.json": "utf-16", "nvim072.json": "utf-16", "vscode139-lc11.json": "utf-16",
	}
	for name, enc := range want {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			if err := os.WriteFile(filepath.Join(root, "MODULE.bazel"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			h := start(t, root, quietPipeline())
			params := fixtureParams(t, name, root)
			raw, err := h.Initialize(h.ctx, params)
			if err != nil {
				t.Fatal(err)
			}
			var result struct {
				Capabilities struct {
					PositionEncoding       string
					CodeLensProvider       any
					HoverProvider          any
					ExecuteCommandProvider struct{ Commands []string }
				}
			}
			if err := json.Unmarshal(raw, &result); err != nil {
				t.Fatal(err)
			}
			if got := result.Capabilities.PositionEncoding; got != enc {
				t.Errorf("encoding %s, want %s", got, enc)
			}
			if result.Capabilities.CodeLensProvider == nil || result.Capabilities.HoverProvider == nil || len(result.Capabilities.ExecuteCommandProvider.Commands) < 6 {
				t.Errorf("not all is offered: %s", raw)
			}
			h.open("x.bzl", "def f():\n    pass\n")
			h.alive()
			h.settled()
			if n := len(h.server.Current().Folders); n != 1 {
				t.Errorf("%d folders, want the one that the client names or that is around the file", n)
			}
			h.noUnadvertised(params)
		})
	}
}

// noUnadvertised fails if the server asked for what the client cannot do.
func (h *harness) noUnadvertised(params map[string]any) {
	h.t.Helper()
	raw, _ := json.Marshal(params)
	for method, needs := range map[string]string{
		"window/workDoneProgress/create":  `"workDoneProgress":true`,
		"workspace/configuration":         `"configuration":true`,
		"client/registerCapability":       `"dynamicRegistration":true`,
		"workspace/codeLens/refresh":      `"refreshSupport":true`,
		"workspace/inlayHint/refresh":     `"refreshSupport":true`,
		"workspace/diagnostic/refresh":    `"refreshSupport":true`,
		"window/showDocument":             `"showDocument":`,
		"starlarkMemls/reportChanged":     `"reportChanged":true`,
		"window/showMessageRequest":       "never by default",
		"textDocument/publishDiagnostics": "only with findings",
	} {
		for _, r := range h.Received() {
			if r.Method == method && !strings.Contains(string(raw), needs) {
				h.t.Errorf("the server sent %s, which this client does not know", method)
			}
		}
	}
}

// addTestRoutes adds requests that only tests know: one that panics, one that
// waits to be cancelled, one that answers with a document's text.
func addTestRoutes(s *server) {
	requests := s.Routes
	requests["test/panic"] = wire.Route{Take: func() wire.Handler {
		return func(context.Context, []byte) (any, error) { panic("on purpose") }
	}}
	requests["test/block"] = wire.Route{Take: func() wire.Handler {
		return func(ctx context.Context, _ []byte) (any, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
	}}
	requests["test/text"] = reads(s, func(_ context.Context, view *show.Snapshot, p *protocol.CodeLensParams) (any, error) {
		if d := view.Document(p.TextDocument.URI); d != nil {
			return d.Text, nil
		}
		return nil, errors.New("not open")
	})
}
