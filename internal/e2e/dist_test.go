// SPDX-License-Identifier: Apache-2.0

//go:build e2e && linux

package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"example.invalid/starlark-memls/internal/bazeltest"
)

// TestRelease makes what a release consists of for this machine, twice, and
// takes each part into use as its users would: the same bytes both times, each
// binary answers.
func TestRelease(t *testing.T) {
	root := bazeltest.Root(t)
	if out, err := exec.Command("git", "-C", root, "rev-parse", "HEAD").CombinedOutput(); err != nil {
		t.Skipf("a release is made from a checkout: %s", out)
	}
	platform := "linux/" + runtime.GOARCH
	first, second := t.TempDir(), t.TempDir()
	for _, out := range []string{first, second} {
		command(t, root, []string{"OUT=" + out, "PLATFORMS=" + platform}, "scripts/dist", "--no-vsix")
	}
	sums, err := os.ReadFile(filepath.Join(first, "SHA256SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := os.ReadFile(filepath.Join(second, "SHA256SUMS")); err != nil || !bytes.Equal(sums, again) {
		t.Errorf("made twice, it differs (%v):\n%s\n%s", err, sums, again)
	}
	for _, ending := range []string{".tar.gz", ".deb", ".rpm", "_nvim.tar.gz", "sbom.cdx.json"} {
		if !strings.Contains(string(sums), ending+"\n") {
			t.Errorf("no %s in it:\n%s", ending, sums)
		}
	}
	t.Run("archive", func(t *testing.T) {
		to := t.TempDir()
		command(t, to, nil, "tar", "-xzf", only(t, first, "starlark-memls_*_linux_*.tar.gz"), "--strip-components=1")
		answers(t, filepath.Join(to, "starlark-memls"))
		for _, part := range []string{"LICENSE", "THIRD-PARTY-NOTICES", "man/starlark-memls-report.1", "completions/starlark-memls.zsh"} {
			if info, err := os.Stat(filepath.Join(to, part)); err != nil || info.Size() == 0 {
				t.Errorf("%s is missing or empty: %v", part, err)
			}
		}
	})
	t.Run("deb", func(t *testing.T) {
		if _, err := exec.LookPath("dpkg-deb"); err != nil {
			t.Skip("no dpkg-deb here")
		}
		to := t.TempDir()
		deb := only(t, first, "*.deb")
		command(t, to, nil, "dpkg-deb", "-x", deb, to)
		answers(t, filepath.Join(to, "usr", "bin", "starlark-memls"))
		if control := command(t, to, nil, "dpkg-deb", "-f", deb, "Package"); strings.TrimSpace(control) != "starlark-memls" {
			t.Errorf("the package is called %q", control)
		}
	})
	t.Run("neovim", func(t *testing.T) {
		to := t.TempDir()
		command(t, to, nil, "tar", "-xzf", only(t, first, "*_nvim.tar.gz"))
		for _, part := range []string{"plugin/starlark_memls.lua", "lsp/starlark_memls.lua", "doc/starlark-memls.txt"} {
			if _, err := os.Stat(filepath.Join(to, "starlark-memls.nvim", part)); err != nil {
				t.Error(err)
			}
		}
	})
}

// answers runs the demo: the first answer that a new user asks for.
func answers(t *testing.T, binary string) {
	t.Helper()
	if out := command(t, t.TempDir(), nil, binary, "demo"); !strings.Contains(out, "traverse_impl") {
		t.Errorf("%s demo says:\n%s", binary, out)
	}
}

func only(t *testing.T, dir, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(found) != 1 {
		t.Fatalf("want one %s in %s, got %q, %v", pattern, dir, found, err)
	}
	return found[0]
}

func command(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	if strings.HasPrefix(name, "scripts/") {
		name = filepath.Join(dir, name)
	}
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s%s", name, args, err, out, stderr.Bytes())
	}
	return string(out)
}

// TestRename gives a copy of the module another path: it builds, and the
// documents still agree with it.
func TestRename(t *testing.T) {
	root, copied := bazeltest.Root(t), t.TempDir()
	command(t, root, nil, "sh", "-c", `tar --exclude=./.git --exclude=./.cache --exclude=node_modules --exclude=./dist --exclude='*.tar.zst' -cf - . | tar -xf - -C "$1"`, "sh", copied)
	const path = "code.example.org/tools/starlark-memls"
	command(t, copied, nil, "scripts/rename", path)
	if out, err := exec.Command("grep", "-rIlF", "--exclude=rename", "example.invalid/starlark-memls", copied).Output(); err == nil {
		t.Errorf("the old path is still in:\n%s", out)
	}
	command(t, copied, nil, "go", "build", "./...")
	command(t, copied, nil, "go", "test", "-short", "./docs", "./starlark", "./cmd/...")
}
