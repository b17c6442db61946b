package starlark

import (
	"os"
	"path/filepath"
	"testing"
)

// A confined workspace has nothing from outside: no file or directory that a
// link leads to, no local repository elsewhere.
func TestConfinedReadsNothingOutside(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("outside/MODULE.bazel", "")
	write("outside/BUILD", "")
	write("outside/secret.bzl", "def secret():\n    pass\n")
	write("ws/WORKSPACE", "local_repository(name = \"elsewhere\", path = \"../outside\")\n")
	write("ws/BUILD", "load(\"@elsewhere//:secret.bzl\", \"secret\")\n")
	write("ws/own.bzl", "def own():\n    pass\n")
	for link, to := range map[string]string{"ws/file.bzl": "outside/secret.bzl", "ws/dir": "outside", "ws/inside.bzl": "ws/own.bzl"} {
		if err := os.Symlink(filepath.Join(dir, to), filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for _, confined := range []bool{false, true} {
		w, err := Load(t.Context(), filepath.Join(dir, "ws"), Options{Confined: confined})
		if err != nil {
			t.Fatal(err)
		}
		if got := len(w.Named("secret")) == 0; got != confined {
			t.Errorf("confined %t: secret is absent: %t", confined, got)
		}
		if len(w.Named("own")) != 1 {
			t.Errorf("confined %t: own is there %d times", confined, len(w.Named("own")))
		}
		again, err := w.With(t.Context(), nil, []string{filepath.Join(dir, "ws", "dir")})
		if err != nil {
			t.Fatal(err)
		}
		if got := len(again.Named("secret")) == 0; got != confined {
			t.Errorf("confined %t: after a change, secret is absent: %t", confined, got)
		}
	}
}
