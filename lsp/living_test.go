// SPDX-License-Identifier: Apache-2.0

//go:build linux

package lsp

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/jvmtest"
	"example.invalid/starlark-memls/internal/process"
	"example.invalid/starlark-memls/lsp/internal/session"
	"example.invalid/starlark-memls/lsp/internal/show"
	"example.invalid/starlark-memls/lsp/lsptest"
	"example.invalid/starlark-memls/starlark"
)

// serve starts a small JVM that is taken for the server of the builder's output
// base, started for a workspace.
func (b *builder) serve(workspace string) *jvmtest.Program {
	b.t.Helper()
	p := jvmtest.All(b.t)[0].Start(b.t, []string{"-Xmx64m", "-XX:+UseG1GC"}, "--output_base="+b.base, "--workspace_directory="+workspace)
	info, err := process.Read(p.PID)
	if err != nil {
		b.t.Fatal(err)
	}
	b.write(filepath.Join(b.base, "server", "server.starttime"), []byte(info.Start))
	b.write(filepath.Join(b.base, "server", "server.pid.txt"), []byte(strconv.Itoa(p.PID)))
	return p
}

// initializeGauge opens the session as an editor that shows the gauge.
func (h *harness) initializeGauge(options map[string]any) {
	h.t.Helper()
	params := fixtureParams(h.t, "vscode139-lc11.json", h.root)
	params["capabilities"].(map[string]any)["experimental"] = map[string]any{"starlarkMemls": map[string]any{"serverState": true}}
	params["initializationOptions"] = options
	if _, err := h.Initialize(h.ctx, params); err != nil {
		h.t.Fatal(err)
	}
}

// serverState waits for a state of the server.
func (h *harness) serverState(want string) show.ServerState {
	h.t.Helper()
	var state show.ServerState
	_, err := h.Await(h.ctx, 0, func(r lsptest.Received) bool {
		return r.Method == show.MethodServerState && json.Unmarshal(r.Params, &state) == nil && string(state.State) == want
	})
	if err != nil {
		h.t.Fatalf("waiting for the state %s: %v", want, err)
	}
	return state
}

// A server that runs out of memory is shown from the beginning to the end, and
// the user is told once, with what it costs to ask. Who answers when it has died
// is told what it left.
func TestServerDies(t *testing.T) {
	t.Parallel()
	for left, want := range map[string]string{
		"pass":  "That Bazel server has ended. It left nothing that tells who held its memory.",
		"crash": "That Bazel server has ended. Bazel ran out of memory; it left evidence.",
	} {
		t.Run(left, func(t *testing.T) {
			t.Parallel()
			b := newBuilder(t)
			b.build("pass")
			p := b.serve(b.workspace)
			h := start(t, b.workspace, b.pipeline())
			var foretold, late atomic.Int32
			died := make(chan bool)
			told := func(params json.RawMessage) (any, error) {
				switch text := string(params); {
				case strings.Contains(text, "Bazel will probably run out of memory: "):
					foretold.Add(1)
					if !strings.Contains(text, "full GCs") || !strings.Contains(text, "will stand still for about") {
						t.Errorf("the message is %s", text)
					}
					<-died
					return map[string]string{"title": "Name the Culprit Now"}, nil
				case strings.Contains(text, want):
					late.Add(1)
				}
				return nil, nil
			}
			h.Handle("window/showMessageRequest", told)
			h.initializeGauge(map[string]any{"notifications.actions": true})
			if s := h.serverState("idle"); s.PID != p.PID || s.LimitBytes != 64<<20 || s.Workspace != filepath.ToSlash(b.workspace) {
				t.Errorf("the idle server is %+v", s)
			}
			p.Send(t, "die")
			if s := h.serverState("dying"); s.FullCollections < 2 || s.Why == "" || s.AfterBytes == nil || *s.AfterBytes < 50<<20 {
				t.Errorf("the dying server is %+v", s)
			}
			h.serverState("gone")
			h.eventually("the message", func() bool { return foretold.Load() == 1 })
			b.build(left)
			close(died)
			h.eventually("what came too late", func() bool {
				for _, r := range h.Received() {
					if r.Method == "window/showMessage" && strings.Contains(string(r.Params), want) {
						late.Add(1)
					}
				}
				return late.Load() > 0
			})
			if foretold.Load() != 1 {
				t.Errorf("foretold %d times", foretold.Load())
			}
		})
	}
}

// With consent the server is asked, and what it says is evidence, remembered
// and compared with.
func TestAskTheRunningServer(t *testing.T) {
	t.Parallel()
	b := newBuilder(t)
	b.build("pass")
	p := b.serve(b.workspace)
	p.Tell(t, "hold 8")
	h := start(t, b.workspace, b.pipeline())
	h.initializeGauge(nil)
	h.serverState("idle")
	refused := func(command, want string) {
		t.Helper()
		err := h.Call(h.ctx, "workspace/executeCommand", map[string]any{"command": command, "arguments": []any{map[string]any{"yes": true}}}, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", command, err, want)
		}
	}
	refused(show.CommandCompareWithLast, "never asked for before")
	if answer := h.execute(show.CommandLive, map[string]any{"yes": false}); !strings.Contains(answer, `"asked":false`) || !strings.Contains(answer, "will stand still for about") {
		t.Errorf("the cost is %s", answer)
	}
	answer := h.execute(show.CommandLive, map[string]any{"yes": true})
	if !strings.Contains(answer, `"asked":true`) || !strings.Contains(answer, `"pid":`+strconv.Itoa(p.PID)) || !strings.Contains(answer, `"live_bytes":`) {
		t.Errorf("the answer is %.500s", answer)
	}
	if overview := h.execute(show.CommandRescan, nil); strings.Count(overview, "live/shown/") != 1 {
		t.Errorf("the heap is no measurement: %s", overview)
	}
	p.Tell(t, "hold 8")
	changes := h.execute(show.CommandCompareWithLast, map[string]any{"yes": true})
	if !strings.Contains(changes, "Live heap ") || !strings.Contains(changes, `"page":`) {
		t.Errorf("what has changed is %.1500s", changes)
	}
	if armed := h.execute(show.CommandArm, nil); !strings.Contains(armed, "will leave java_pid") {
		t.Errorf("armed: %s", armed)
	}
	if armed := h.execute(show.CommandArm, map[string]any{"off": true}); !strings.Contains(armed, "is back to what it was started to do") {
		t.Errorf("disarmed: %s", armed)
	}
	p.Alive(t)
}

// What is not allowed is not done: each says why, and nothing is shown.
func TestServerIsLeftAlone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options   map[string]any
		elsewhere bool
		want      string
		hidden    bool
	}{
		"never":             {map[string]any{"askServer": "never"}, false, "askServer is never", false},
		"untrusted":         {map[string]any{"trusted": false}, false, "not trusted", true},
		"another workspace": {nil, true, "another workspace", true},
		"gauge off":         {map[string]any{"gauge": false, "askServer": "never"}, false, "askServer is never", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBuilder(t)
			b.build("pass")
			workspace := b.workspace
			if c.elsewhere {
				workspace = t.TempDir()
			}
			p := b.serve(workspace)
			h := start(t, b.workspace, b.pipeline())
			h.initializeGauge(c.options)
			for _, command := range []string{show.CommandLive, show.CommandCompareWithLast, show.CommandArm} {
				err := h.Call(h.ctx, "workspace/executeCommand", map[string]any{"command": command, "arguments": []any{map[string]any{"yes": true}}}, nil)
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%s: %v, want %s", command, err, c.want)
				}
			}
			if c.hidden {
				time.Sleep(1500 * time.Millisecond) // that nothing comes can only be waited for
				for _, r := range h.Received() {
					if r.Method == show.MethodServerState {
						t.Errorf("it is shown: %s", r.Params)
					}
				}
			} else {
				h.serverState("idle")
			}
			p.Alive(t)
		})
	}
}

// A lens says of which heap its bytes are: of a server that was alive, and when.
func TestLivingLens(t *testing.T) {
	t.Parallel()
	b := newBuilder(t)
	dir, other := t.TempDir(), t.TempDir()
	text := b.livingHeap()
	b.write(filepath.Join(dir, "heap.json"), text)
	b.write(filepath.Join(other, "heap.json"), text)
	s := &session.Session{Pipeline: session.Observing(b.pipeline(), t.TempDir())}
	at := time.Date(2026, 1, 2, 13, 4, 5, 0, time.Local)
	title := func(paths ...string) string {
		t.Helper()
		var loaded []*observe.Observation
		for _, path := range paths {
			more, _, err := s.Open(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			loaded = append(loaded, more...)
		}
		ws, err := s.Pipeline.Load(t.Context(), b.workspace, starlark.LoadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		r := s.Pipeline.Conclude(t.Context(), loaded, ws, attribution.ConcludeOptions{})
		file := show.NewAnnotations(r, &show.Observed{Loaded: loaded, Living: &show.LivingHeap{Path: dir, At: at}}).Files[filepath.Join(b.workspace, "memory", "eat.bzl")]
		if file == nil || len(file.Functions) == 0 || len(r.Crashes) != 0 {
			t.Fatalf("marks %+v, crashes %+v", file, r.Crashes)
		}
		return show.FunctionTitle(file.Functions[0])
	}
	for want, paths := range map[string][]string{
		"retains 117 MiB (living server, 13:04:05)":                                   {dir},
		"retains 117 MiB (most of several heaps, one of the living server, 13:04:05)": {dir, other},
		"retains 117 MiB": {other},
	} {
		if got := title(paths...); !strings.Contains(got, want) || len(paths) == 1 && paths[0] == other && strings.Contains(got, "living") {
			t.Errorf("the lens is %q, want %q", got, want)
		}
	}
}

// livingHeap is a recorded heap, without the death.
func (b *builder) livingHeap() []byte {
	b.t.Helper()
	var heap map[string]any
	recorded, err := os.ReadFile(filepath.Join("..", "attribution", "observe", "testdata", "heap.json"))
	if err != nil {
		b.t.Fatal(err)
	}
	if err := json.Unmarshal(recorded, &heap); err != nil {
		b.t.Fatal(err)
	}
	delete(heap, "failed")
	for _, thread := range heap["threads"].([]any) {
		thread.(map[string]any)["failed"] = false
		delete(thread.(map[string]any), "unwinding")
	}
	text, err := json.Marshal(heap)
	if err != nil {
		b.t.Fatal(err)
	}
	return text
}
