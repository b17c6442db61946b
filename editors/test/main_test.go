// SPDX-License-Identifier: Apache-2.0

//go:build editors

package test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"example.invalid/starlark-memls/internal/bazeltest"
)

// program is the server under test: $SERVER, such as one that is about to be
// shipped, else built once from the sources.
var program string

func TestMain(m *testing.M) { os.Exit(runWithProgram(m)) }

func runWithProgram(m *testing.M) int {
	if program = os.Getenv("SERVER"); program != "" {
		return m.Run()
	}
	return bazeltest.MainWithProgram(m, &program)
}

// environment is that of the user who owns the workspace's Bazel, with
// nothing of the real user's.
func environment(t testing.TB, w *bazeltest.Workspace) []string {
	t.Helper()
	return []string{
		"HOME=" + w.Home, "USER=" + bazeltest.User, "LOGNAME=" + bazeltest.User, "LANG=C.UTF-8", "PATH=" + searchPath(t),
	}
}

// searchPath has before all others the Node that scripts/editors brings: the
// system's may be too old.
func searchPath(t testing.TB) string {
	t.Helper()
	return filepath.Dir(node(t)) + string(os.PathListSeparator) + os.Getenv("PATH")
}

// node is that Node.
func node(t testing.TB) string { return installed(t, "node/bin/node") }

// crash builds until Bazel has run out of memory.
func crash(t testing.TB, w *bazeltest.Workspace) {
	t.Helper()
	if got := w.Build(t, "200m", "//..."); !got.Crashed() {
		t.Fatalf("Bazel was to run out of memory, and exits %d:\n%s", got.ExitCode, got.Console)
	}
}

// installed is what scripts/editors put into the cache under a name.
func installed(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(bazeltest.Root(t), ".cache", "editors", name)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v: run scripts/editors", err)
	}
	return path
}

// driveLimit is how long one editor may take, on a busy machine.
const driveLimit = 20 * time.Minute

// drive runs an editor's script and shows what it printed if it failed.
func drive(t *testing.T, w *bazeltest.Workspace, extra []string, name string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), driveLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.WaitDelay = 5 * time.Second
	cmd.Dir = w.Dir
	cmd.Env = append(environment(t, w), extra...)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("running %s: %v", name, err)
	}
	if err != nil {
		t.Errorf("%s: %v\n%s", filepath.Base(name), err, out)
		return
	}
	t.Logf("%s", out)
}

// control lets an editor's script say when to build and when to repair the
// workspace: POST /first, /crash, /slowcrash, /fix, /build, /roomy, /break. Each answers
// when it is done.
func control(t *testing.T, w *bazeltest.Workspace) string {
	t.Helper()
	var one sync.Mutex
	steps := map[string]func(){
		"/crash": func() { crash(t, w) },
		"/slowcrash": func() { // with time to ask the server meanwhile
			if got := w.Build(t, "300m", "//..."); !got.Crashed() {
				t.Errorf("Bazel was to run out of memory, and exits %d:\n%s", got.ExitCode, got.Console)
			}
		},
		"/first": func() { // a little of it, so that there is an output base
			if got := w.Build(t, "600m", "//cpu:all"); got.ExitCode != 0 {
				t.Errorf("the build was to pass, and exits %d:\n%s", got.ExitCode, got.Console)
			}
		},
		"/roomy": func() { // what eats is there, and has room
			if got := w.Build(t, "700m", "//..."); got.ExitCode != 0 {
				t.Errorf("the build was to pass, and exits %d:\n%s", got.ExitCode, got.Console)
			}
		},
		"/fix":   func() { w.Fix(t) },
		"/break": func() { w.Break(t) },
		"/build": func() {
			if got := w.Build(t, "200m", "//..."); got.ExitCode != 0 {
				t.Errorf("the build was to pass, and exits %d:\n%s", got.ExitCode, got.Console)
			}
		},
	}
	server := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		one.Lock()
		defer one.Unlock()
		step, ok := steps[request.URL.Path]
		if !ok || request.Method != http.MethodPost {
			http.NotFound(answer, request)
			return
		}
		// A failed step ends its goroutine (t.FailNow); the script must hear.
		done := make(chan struct{})
		go func() { defer close(done); step() }()
		<-done
		if t.Failed() {
			answer.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
