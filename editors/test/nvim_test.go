//go:build editors

package test

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"starlark-memls/bazeltest"
)

// TestNeovim: the plugin in the oldest Neovim that it is for, and in one with
// inlay hints, with its server already late: the build has died before. First
// alone, then beside another Starlark server on the same buffer: $OTHER, the
// command line of one, else one of our own making.
func TestNeovim(t *testing.T) {
	w := bazeltest.New(t, "memory-eater", bazeltest.Options{DefaultOutputBase: true})
	crash(t, w)
	root := bazeltest.Root(t)
	plugin := filepath.Join(root, "editors", "nvim")
	other := cmp.Or(os.Getenv("OTHER"), node(t)+" "+filepath.Join(root, "editors", "protocol", "neighbour.mjs")+" --stdio")
	for _, v := range []struct{ name, binary string }{
		{"0.7.2", "nvim"},
		{"0.10.4", installed(t, "newer/nvim10")},
	} {
		for _, script := range []string{"after_crash", "beside_another"} {
			t.Run(v.name+"/"+script, func(t *testing.T) {
				binary, err := exec.LookPath(v.binary)
				if err != nil {
					t.Fatalf("%v: run scripts/editors", err)
				}
				drive(t, w, []string{"SERVER=" + program, "OTHER=" + other, "FILE=" + filepath.Join(w.Dir, bazeltest.EaterFile)},
					binary, "--headless", "--clean", "-n", "-i", "NONE", "--cmd", "set runtimepath^="+plugin,
					"-c", "silent! helptags "+filepath.Join(plugin, "doc"),
					"-c", "luafile "+filepath.Join(plugin, "test", script+".lua"))
			})
		}
	}
}
