// SPDX-License-Identifier: Apache-2.0

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
		w, err := Load(t.Context(), filepath.Join(dir, "ws"), LoadOptions{Confined: confined})
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

// TestConfinedAfterASwap: what turns into a link later is not followed either,
// nor is a .bazelignore that is one; and a snapshot stays confined.
func TestConfinedAfterASwap(t *testing.T) {
	t.Parallel()
	base := unpack(t, `
-- outside/MODULE.bazel --
-- outside/secret.bzl --
def secret():
    pass
-- outside/ignore --
dir
-- ws/WORKSPACE --
local_repository(name = "elsewhere", path = "../outside")
-- ws/own.bzl --
def own():
    pass
-- ws/dir/kept.bzl --
def kept():
    pass
`)
	in := func(p string) string { return filepath.Join(base, p) }
	if err := os.Symlink(in("outside/ignore"), in("ws/.bazelignore")); err != nil {
		t.Fatal(err)
	}
	for _, confined := range []bool{true, false} {
		w := mustLoad(t, in("ws"), LoadOptions{Confined: confined})
		if got := len(w.Named("kept")) == 1; got != confined {
			t.Errorf("confined %t: the ignored directory is read: %t", confined, got)
		}
		if err := os.Rename(in("ws/own.bzl"), in("ws/own.kept")); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(in("outside/secret.bzl"), in("ws/own.bzl")); err != nil {
			t.Fatal(err)
		}
		w = with(t, w, nil, in("ws/own.bzl"))
		outside := in("outside/secret.bzl")
		w = with(t, w, nil, outside) // makes the table of outside files anew
		if confined && (len(w.Named("secret")) > 0 || len(w.InFile(outside)) > 0 || w.Resolve("@elsewhere//:secret.bzl").Path != "") {
			t.Error("a confined workspace read a file outside of it")
		}
		if !confined && w.Resolve("@elsewhere//:secret.bzl").Path != outside {
			t.Error("a trusted workspace does not read its local repository")
		}
		if err := os.Rename(in("ws/own.kept"), in("ws/own.bzl")); err != nil {
			t.Fatal(err)
		}
	}
}
