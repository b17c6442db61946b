// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.invalid/starlark-memls/internal/bazeltest"
	"example.invalid/starlark-memls/lsp"
	"example.invalid/starlark-memls/lsp/lsptest"
)

// The command line and the editor ask for the same things in the same words: the
// same request is refused for the same reason at both ends, or planned alike.
func TestBothFrontsOfASweep(t *testing.T) {
	t.Parallel()
	fake, err := bazeltest.BuildFake(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	f := newFronts(t, bazeltest.Behaving(t, fake, "hold=1"))
	for _, tt := range []struct {
		name    string
		options map[string]any
		err     string // what both say; "" where both plan
		builds  int
	}{
		{"a grid", map[string]any{"memory": "100m:200m:50m", "runs": 2, "warmup": 1}, "", 7},
		{"two modes", map[string]any{"memory": "100m,200m", "runs": 1, "warmup": 0, "mode": "regular,nobuild"}, "", 4},
		{"a search", map[string]any{"find-limit": true, "memory": "100m,400m", "budget": 7}, "", 7},
		{"a search without limits", map[string]any{"find-limit": true}, "", 25},
		{"the user's output base", map[string]any{"memory": "100m", "output-base": f.own}, "is the workspace's own output base", 0},
		{"below the user's output base", map[string]any{"memory": "100m", "output-base": filepath.Join(f.own, "sweeps")}, "is the workspace's own output base", 0},
		{"no runs", map[string]any{"memory": "100m", "runs": 0}, "runs 0: at least 1", 0},
		{"no jobs", map[string]any{"memory": "100m", "jobs": 0}, "jobs 0: at least 1", 0},
		{"no budget", map[string]any{"find-limit": true, "budget": 0}, "budget 0: at least 1", 0},
		{"fewer than no warm-ups", map[string]any{"memory": "100m", "warmup": -1}, "warmup -1: 0 or more", 0},
		{"a timeout in the past", map[string]any{"memory": "100m", "timeout": "-5s"}, "timeout -5s: a time limit cannot be negative", 0},
		{"an unknown mode", map[string]any{"memory": "100m", "mode": "fast"}, `unknown mode "fast"`, 0},
		{"unknown heap dumps", map[string]any{"memory": "100m", "heap-dumps": "shred"}, `unknown heap-dumps "shred"`, 0},
		{"limits backwards", map[string]any{"memory": "9m:1m:1m"}, "runs backwards", 0},
		{"a limit without a unit", map[string]any{"memory": "200"}, "200 are bytes", 0},
		{"a span of one limit", map[string]any{"find-limit": true, "memory": "100m"}, "memory 100m is one limit", 0},
		{"a search in two modes", map[string]any{"find-limit": true, "mode": "regular,nobuild"}, "find-limit takes one mode", 0},
		{"a search in two jobs", map[string]any{"find-limit": true, "jobs": 2}, "find-limit takes one mode", 0},
		{"too precise", map[string]any{"find-limit": true, "precision": "150%"}, `precision "150%"`, 0},
		{"more than the machine", map[string]any{"memory": "900000g"}, "this machine has", 0},
	} {
		out := t.TempDir()
		line, lineErr := f.commandLine(out, tt.options)
		editor, editorErr := f.editor(out, tt.options)
		switch {
		case lineErr != editorErr:
			t.Errorf("%s: the command line says %q, the editor %q", tt.name, lineErr, editorErr)
		case tt.err == "" && lineErr != "" || !strings.Contains(lineErr, tt.err):
			t.Errorf("%s: both say %q, want %q", tt.name, lineErr, tt.err)
		case line != editor || line != tt.builds:
			t.Errorf("%s: the command line plans %d builds, the editor %d, want %d", tt.name, line, editor, tt.builds)
		}
	}
}

// fronts are the command line and the server on one workspace.
type fronts struct {
	t                              *testing.T
	ctx                            context.Context
	workspace, bazel, outputs, own string
	session                        *lsptest.Session
}

func newFronts(t *testing.T, bazel string) *fronts {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	dir := t.TempDir()
	f := &fronts{t: t, ctx: ctx, workspace: filepath.Join(dir, "ws"), bazel: bazel, outputs: filepath.Join(dir, "sweeps"), own: filepath.Join(dir, "own")}
	for path, text := range map[string]string{
		filepath.Join(f.workspace, "WORKSPACE"):   "",
		filepath.Join(f.workspace, ".bazelrc"):    "startup --output_base=" + f.own + "\n",
		filepath.Join(f.own, "DO_NOT_BUILD_HERE"): f.workspace,
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cache := t.TempDir()
	f.session = lsptest.Serve(ctx, func(ctx context.Context, conn io.ReadWriteCloser) error {
		return lsp.Serve(ctx, conn, lsp.Options{CacheDir: cache})
	})
	t.Cleanup(func() {
		_ = f.session.CloseInput()
		_ = f.session.Ended(ctx)
		cancel()
		bazeltest.EndLeft(t, f.outputs)
	})
	if _, err := f.session.Initialize(ctx, map[string]any{"capabilities": map[string]any{}, "rootUri": "file://" + f.workspace}); err != nil {
		t.Fatal(err)
	}
	return f
}

// commandLine gives the request as flags, and the builds of the plan or what is
// said instead.
func (f *fronts) commandLine(out string, options map[string]any) (builds int, complaint string) {
	args := []string{"sweep", "--dry-run", "--workspace=" + f.workspace, "--out=" + out, "--bazel=" + f.bazel}
	if options["output-base"] == nil {
		args = append(args, "--output-base="+f.outputs)
	}
	for name, value := range options {
		args = append(args, fmt.Sprintf("--%s=%v", name, value))
	}
	var stdout, stderr strings.Builder
	if code := run(append(args, "--", "//..."), strings.NewReader(""), &stdout, &stderr); code != 0 {
		text := strings.TrimPrefix(strings.TrimSpace(stderr.String()), "starlark-memls: ")
		return 0, strings.TrimPrefix(helpHint.ReplaceAllString(text, ""), "--")
	}
	if m := plannedBuilds.FindStringSubmatch(stdout.String()); m != nil {
		_, _ = fmt.Sscan(m[1]+m[2], &builds)
	}
	return builds, ""
}

var helpHint = regexp.MustCompile(`; see starlark-memls.* --help$`)

var plannedBuilds = regexp.MustCompile(`(?m)^# (?:at most (\d+) builds|1/(\d+) )`)

// editor gives the request as a command's argument, and ends what it began.
func (f *fronts) editor(out string, options map[string]any) (builds int, complaint string) {
	f.t.Helper()
	argument := map[string]any{"out": out, "bazel": f.bazel, "output-base": f.outputs, "args": []string{"//..."}}
	for name, value := range options {
		argument[name] = value
	}
	var answer struct{ Of int }
	execute := func(command string, into any) error {
		return f.session.Call(f.ctx, "workspace/executeCommand", map[string]any{"command": "starlark-memls." + command, "arguments": []any{argument}}, into)
	}
	var raw json.RawMessage
	if err := execute("sweep", &raw); err != nil {
		return 0, strings.TrimSpace(regexp.MustCompile(`^.*?-32\d+[):]* *`).ReplaceAllString(err.Error(), ""))
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		f.t.Fatal(err)
	}
	argument = map[string]any{}
	if err := execute("stopSweep", &raw); err != nil {
		f.t.Fatal(err)
	}
	return answer.Of, ""
}
