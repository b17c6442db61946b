// SPDX-License-Identifier: Apache-2.0

//go:build editors

package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"example.invalid/starlark-memls/internal/bazeltest"
)

// TestNeovim: the plugin in the oldest Neovim that it is for, and in one with
// inlay hints, with its server already late: the build has died before. First
// alone, then beside each of the other Starlark servers on the same buffer.
func TestNeovim(t *testing.T) {
	w := bazeltest.New(t, "memory-eater", bazeltest.WorkspaceOptions{DefaultOutputBase: true})
	crash(t, w)
	plugin := filepath.Join(bazeltest.Root(t), "editors", "nvim")
	others := otherServers(t)
	for _, v := range []struct{ name, binary string }{
		{"0.7.2", "nvim"},
		{"0.10.4", installed(t, "newer/nvim10")},
	} {
		run := func(name, script, other string) {
			t.Run(v.name+"/"+name, func(t *testing.T) {
				binary, err := exec.LookPath(v.binary)
				if err != nil {
					t.Fatalf("%v: run scripts/editors", err)
				}
				build := func(memory string) string {
					return bazeltest.Find(t) + " --host_jvm_args=-Xmx" + memory + " build //... >/dev/null 2>&1"
				}
				drive(t, w, []string{"SERVER=" + program, "OTHER=" + other, "SERIES=" + filepath.Join(bazeltest.Root(t), "examples", "memory-eater", "measurements"), "FILE=" + filepath.Join(w.Dir, bazeltest.EaterFile), "BUILD=" + build("700m"), "DIE=" + build("300m")},
					binary, "--headless", "--clean", "-n", "-i", "NONE", "--cmd", "set runtimepath^="+plugin,
					"-c", "silent! helptags "+filepath.Join(plugin, "doc"),
					"-c", "luafile "+filepath.Join(plugin, "test", script))
			})
		}
		run("after_crash", "after_crash.lua", "")
		for name, other := range others {
			run("beside_"+name, "beside_another.lua", other)
		}
		if v.name != "0.7.2" { // its builds take a while: once is enough
			run("running_server", "running_server.lua", "")
		}
	}
}

// otherServers are command lines by name: a small server of our own making
// that has lenses too, a real one where it could be compiled, and $OTHER.
func otherServers(t *testing.T) map[string]string {
	t.Helper()
	root := bazeltest.Root(t)
	servers := map[string]string{"neighbour": node(t) + " " + filepath.Join(root, "editors", "protocol", "neighbour.mjs") + " --stdio"}
	real := filepath.Join(root, ".cache", "editors", "starlark", "bin", "starlark")
	if _, err := os.Stat(real); err == nil {
		servers["starlark"] = real + " --lsp"
	} else {
		t.Logf("beside the small server alone: scripts/other-server has compiled no real one: %v", err)
	}
	if other := os.Getenv("OTHER"); other != "" {
		servers["named"] = other
	}
	return servers
}
