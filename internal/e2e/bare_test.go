// SPDX-License-Identifier: Apache-2.0

//go:build e2e && slow && linux

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"example.invalid/starlark-memls/internal/bazeltest"
)

// firstAnswer is how long a new user may wait from the file of a release to the
// first answer on a fresh crash.
const firstAnswer = time.Minute

// TestBareDebian takes each part of a release into use in a Debian 12 that has
// nothing else (no Go), by what the README says, on a crash that a real Bazel
// has just had there: the archive, the package, and Neovim's plugin in Debian's
// Neovim. It needs root, debootstrap and Debian's mirror.
func TestBareDebian(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: it makes a root file system of its own")
	}
	if _, err := exec.LookPath("debootstrap"); err != nil {
		t.Skip("no debootstrap here: scripts/deps debootstrap")
	}
	root := bazeltest.Root(t)
	release := t.TempDir()
	command(t, root, []string{"OUT=" + release, "PLATFORMS=linux/" + runtime.GOARCH}, "scripts/dist", "--no-vsix")

	bare := filepath.Join(t.TempDir(), "debian")
	command(t, root, nil, "debootstrap", "--variant=minbase", "bookworm", bare)
	inside := func(script string) string {
		t.Helper()
		return command(t, root, nil, "chroot", bare, "env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
			"HOME=/root", "USER=root", "LANG=C.UTF-8", "DEBIAN_FRONTEND=noninteractive", "sh", "-euc", script)
	}
	command(t, root, nil, "mount", "--bind", "/proc", filepath.Join(bare, "proc"))
	t.Cleanup(func() {
		_ = exec.Command("chroot", bare, "sh", "-c", "pkill -9 -f /srv/app/output_base").Run()
		_ = exec.Command("umount", filepath.Join(bare, "proc")).Run()
	})
	inside("mkdir -p /usr/share/man/man1 /srv/app; apt-get -qq update >/dev/null; apt-get -qq -y install --no-install-recommends bazel-bootstrap neovim procps >/dev/null 2>&1")
	for _, pattern := range []string{"starlark-memls_*_linux_*.tar.gz", "*.deb", "*_nvim.tar.gz"} {
		path := only(t, release, pattern)
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(bare, "root", filepath.Base(path)), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	example := filepath.Join(bare, "srv", "app", "workspace")
	w := bazeltest.New(t, "memory-eater", bazeltest.WorkspaceOptions{})
	if err := os.CopyFS(example, os.DirFS(w.Dir)); err != nil {
		t.Fatal(err)
	}
	inside("cd /srv/app/workspace; ! bazel --host_jvm_args=-Xmx200m build //... >/dev/null 2>&1")

	for _, way := range []struct{ name, install, ask string }{
		{"archive", "mkdir /opt/memls; tar -xzf /root/starlark-memls_*_linux_*.tar.gz -C /opt/memls --strip-components=1",
			"cd /srv/app/workspace; /opt/memls/starlark-memls report"},
		{"deb", "dpkg -i /root/starlark-memls_*.deb >/dev/null", "cd /srv/app/workspace; starlark-memls report; ls /usr/share/man/man1/starlark-memls-report.1"},
		{"neovim", "mkdir -p /root/.local/share/nvim/site/pack/x/start; tar -xzf /root/starlark-memls_*_nvim.tar.gz -C /root/.local/share/nvim/site/pack/x/start",
			`cd /srv/app/workspace; cat >/root/ask.lua <<'EOF'
require("starlark_memls").setup({})
vim.cmd("edit memory/eat.bzl")
vim.wait(50000, function() return #vim.diagnostic.get() > 0 end, 100)
for _, d in ipairs(vim.diagnostic.get()) do io.stdout:write(d.message .. "\n") end
vim.cmd("qall!")
EOF
nvim --headless -n -i NONE -c 'luafile /root/ask.lua' 2>&1`},
	} {
		began := time.Now()
		inside(way.install)
		said := inside(way.ask)
		took := time.Since(began)
		t.Logf("%s: %v to the first answer", way.name, took.Round(100*time.Millisecond))
		if !strings.Contains(said, "traverse_impl") && !strings.Contains(said, "allocate_impl") {
			t.Errorf("%s: no answer:\n%s", way.name, said)
		}
		if took > firstAnswer {
			t.Errorf("%s: %v to the first answer", way.name, took)
		}
	}
}
