// SPDX-License-Identifier: Apache-2.0

package lsp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"example.invalid/starlark-memls/lsp/lsptest"
)

// A process of its own, over stdin and stdout: nothing but the protocol comes
// out (the client reads nothing else), and its exit code is the protocol's.
func TestStdio(t *testing.T) {
	t.Parallel()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		leave func(context.Context, *lsptest.Session) error
		code  int
	}{
		"shutdown and exit": {func(ctx context.Context, s *lsptest.Session) error {
			return errors.Join(s.Call(ctx, "shutdown", nil, nil), s.Notify("exit", nil))
		}, 0},
		"exit alone":   {func(_ context.Context, s *lsptest.Session) error { return s.Notify("exit", nil) }, 1},
		"end of input": {func(_ context.Context, s *lsptest.Session) error { return s.CloseInput() }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			var stderr bytes.Buffer
			s, err := lsptest.Start(ctx, &stderr, "/usr/bin/env", serveEnv+"="+t.TempDir(), binary)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Initialize(ctx, fixtureParams(t, "helix25.json", t.TempDir())); err != nil {
				t.Fatalf("%v\n%s", err, &stderr)
			}
			if err := s.Notify("nonsense", nil); err != nil {
				t.Fatal(err)
			}
			if err := c.leave(ctx, s); err != nil {
				t.Fatal(err)
			}
			err = s.Ended(ctx)
			<-s.Done()
			code := 0
			var exit *exec.ExitError
			if errors.As(err, &exit) {
				code = exit.ExitCode()
			} else if err != nil {
				t.Fatal(err)
			}
			if code != c.code {
				t.Errorf("exit code %d, want %d\n%s", code, c.code, &stderr)
			}
			if err := s.Err(); !errors.Is(err, io.EOF) {
				t.Errorf("the output ended with %v", err)
			}
			if strings.Contains(stderr.String(), "panic") {
				t.Errorf("stderr: %s", &stderr)
			}
			_ = s.CloseInput()
		})
	}
}
