// SPDX-License-Identifier: Apache-2.0

//go:build editors

package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"example.invalid/starlark-memls/internal/bazeltest"
	"example.invalid/starlark-memls/internal/plot"
	"example.invalid/starlark-memls/internal/quantity"
)

// TestVSCode: the extension, packaged as it is shipped and with nothing
// configured, in a real VS Code under a real browser. The server runs before
// the build; everything else follows from Bazel's death.
func TestVSCode(t *testing.T) {
	w := bazeltest.New(t, "memory-eater", bazeltest.WorkspaceOptions{DefaultOutputBase: true})
	driveVSCode(t, w, "ui.mjs")
}

// TestVSCodeTrust: a workspace that is not trusted, until it is.
func TestVSCodeTrust(t *testing.T) {
	w := bazeltest.New(t, "memory-eater", bazeltest.WorkspaceOptions{DefaultOutputBase: true})
	crash(t, w)
	driveVSCode(t, w, "trust.mjs")
}

// TestVSCodeServer: the running server in the status bar, from a build that
// passes to one that dies, and what it says when it is asked.
func TestVSCodeServer(t *testing.T) {
	w := bazeltest.New(t, "memory-eater", bazeltest.WorkspaceOptions{DefaultOutputBase: true})
	driveVSCode(t, w, "server.mjs")
}

func driveVSCode(t *testing.T, w *bazeltest.Workspace, script string) {
	t.Helper()
	driveVSCodeWith(t, w, script, vscodeSetup(t, w))
}

func driveVSCodeWith(t *testing.T, w *bazeltest.Workspace, script string, setup map[string]any) {
	t.Helper()
	drive(t, w, []string{"SETUP=" + asJSON(t, setup)}, node(t), filepath.Join(bazeltest.Root(t), "editors", "vscode", "test", script))
}

// vscodeSetup is what the scripts are told: the workspace, the packaged
// extension, and where their own files go.
func vscodeSetup(t *testing.T, w *bazeltest.Workspace) map[string]any {
	t.Helper()
	root := bazeltest.Root(t)
	pictures := os.Getenv("PICTURES") // e.g. docs/images; not written if empty
	if pictures != "" && !filepath.IsAbs(pictures) {
		pictures = filepath.Join(root, pictures)
	}
	return map[string]any{
		"install":    installed(t, "vscode"),
		"temporary":  t.TempDir(),
		"vsix":       packaged(t, root),
		"workspace":  w.Dir,
		"file":       filepath.Join(w.Dir, filepath.FromSlash(bazeltest.EaterFile)),
		"outputBase": w.OutputBase,
		"series":     filepath.Join(root, "examples", "memory-eater", "measurements"),
		"control":    control(t, w),
		"plots":      plot.Shows(),
		"pictures":   pictures,
		"failures":   filepath.Join(root, ".cache", "editors", "failures"),
	}
}

// packaged is the extension as it is shipped, with the server under test.
func packaged(t *testing.T, root string) string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command(filepath.Join(root, "editors", "vscode", "package"))
	cmd.Env = append(os.Environ(), "SERVER="+program, "OUT="+dir, "PATH="+searchPath(t))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("packaging the extension: %v\n%s", err, out)
	}
	found, err := filepath.Glob(filepath.Join(dir, "*.vsix"))
	if err != nil || len(found) != 1 {
		t.Fatalf("want one package of the extension, got %q, %v\n%s", found, err, out)
	}
	return found[0]
}

// sizes are what the server says of sizes of all magnitudes, and of those at
// which its words change.
func sizes() map[int64]string {
	all := map[int64]string{}
	for base := int64(1); base < 1<<50; base <<= 1 {
		for _, n := range []int64{base - 1, base, base + base/3, base * 9995 / 10000, base * 1000 / 1024} {
			all[n] = quantity.Bytes(n)
		}
	}
	return all
}

// TestVSCodeParts: what of the extension needs no VS Code.
func TestVSCodeParts(t *testing.T) {
	folder := filepath.Join(bazeltest.Root(t), "editors", "vscode")
	tests, err := filepath.Glob(filepath.Join(folder, "test", "*.test.mjs"))
	if err != nil || len(tests) == 0 {
		t.Fatalf("no tests of the parts: %v", err)
	}
	cmd := exec.CommandContext(t.Context(), node(t), append([]string{"--test"}, tests...)...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "SIZES="+asJSON(t, sizes()))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
