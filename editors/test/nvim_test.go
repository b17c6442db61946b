//go:build editors

package test

import (
	"os/exec"
	"path/filepath"
	"testing"

	"starlark-memls/bazeltest"
)

// TestNeovim: the plugin in the oldest Neovim that it is for, and in one with
// inlay hints, with its server already late: the build has died before.
func TestNeovim(t *testing.T) {
	w := bazeltest.New(t, "memory-eater", bazeltest.Options{DefaultOutputBase: true})
	crash(t, w)
	for _, v := range []struct{ name, binary string }{
		{"0.7.2", "nvim"},
		{"0.10.4", installed(t, "newer/nvim10")},
	} {
		t.Run(v.name, func(t *testing.T) {
			binary, err := exec.LookPath(v.binary)
			if err != nil {
				t.Fatalf("%v: run scripts/editors", err)
			}
			plugin := filepath.Join(bazeltest.Root(t), "editors", "nvim")
			drive(t, w, []string{"SERVER=" + program, "FILE=" + filepath.Join(w.Dir, bazeltest.EaterFile)},
				binary, "--headless", "--clean", "-n", "-i", "NONE", "--cmd", "set runtimepath^="+plugin,
				"-c", "silent! helptags "+filepath.Join(plugin, "doc"),
				"-c", "luafile "+filepath.Join(plugin, "test", "after_crash.lua"))
		})
	}
}
