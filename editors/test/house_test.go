// SPDX-License-Identifier: Apache-2.0

//go:build editors

package test

import (
	"os/exec"
	"path/filepath"
	"testing"

	"example.invalid/starlark-memls/internal/bazeltest"
	"example.invalid/starlark-memls/internal/hostile"
)

// mostOfServer is what the server may have in memory over the house, in MiB; the
// tests of internal/hostile hold it to the same.
const mostOfServer = 160

// house makes the worst of repositories, and names sources in it that an editor
// can open: what is no file is looked at by the server alone.
func house(t *testing.T) (dir, file string, others []string) {
	t.Helper()
	parent, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(parent, "house")
	if _, err := hostile.House(dir); err != nil {
		t.Fatal(err)
	}
	return dir, filepath.Join(dir, "ok", "a.bzl"), []string{filepath.Join(dir, "ok", "BUILD"), filepath.Join(dir, "passwd.bzl")}
}

// TestVSCodeHouse: the worst of repositories, not trusted and trusted.
func TestVSCodeHouse(t *testing.T) {
	w := bazeltest.New(t, "memory-eater", bazeltest.WorkspaceOptions{DefaultOutputBase: true})
	setup := vscodeSetup(t, w)
	setup["workspace"], setup["file"], setup["others"] = house(t)
	setup["mostMemory"] = mostOfServer
	driveVSCodeWith(t, w, "house.mjs", setup)
}

// TestNeovimHouse: the same repository in the newer Neovim, which asks about
// trust nowhere.
func TestNeovimHouse(t *testing.T) {
	w := bazeltest.New(t, "memory-eater", bazeltest.WorkspaceOptions{DefaultOutputBase: true})
	plugin := filepath.Join(bazeltest.Root(t), "editors", "nvim")
	binary, err := exec.LookPath(installed(t, "newer/nvim10"))
	if err != nil {
		t.Fatalf("%v: run scripts/editors", err)
	}
	_, file, others := house(t)
	drive(t, w, []string{"SERVER=" + program, "FILE=" + file, "OTHERS=" + asJSON(t, others), "MOST_MEMORY=" + asJSON(t, mostOfServer)},
		binary, "--headless", "--clean", "-n", "-i", "NONE", "--cmd", "set runtimepath^="+plugin,
		"-c", "luafile "+filepath.Join(plugin, "test", "house.lua"))
}
