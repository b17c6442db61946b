//go:build editors

package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"starlark-memls/bazeltest"
)

// TestVSCode: the extension, packaged as it is shipped and with nothing
// configured, in a real VS Code under a real browser. The server runs before
// the build; everything else follows from Bazel's death.
func TestVSCode(t *testing.T) {
	w := bazeltest.New(t, "memory-eater", bazeltest.Options{DefaultOutputBase: true})
	driveVSCode(t, w, "ui.mjs")
}

// TestVSCodeTrust: a workspace that is not trusted, until it is.
func TestVSCodeTrust(t *testing.T) {
	w := bazeltest.New(t, "memory-eater", bazeltest.Options{DefaultOutputBase: true})
	crash(t, w)
	driveVSCode(t, w, "trust.mjs")
}

func driveVSCode(t *testing.T, w *bazeltest.Workspace, script string) {
	t.Helper()
	root := bazeltest.Root(t)
	vsix := packaged(t, root)
	pictures := os.Getenv("PICTURES") // e.g. docs/images; not written if empty
	if pictures != "" && !filepath.IsAbs(pictures) {
		pictures = filepath.Join(root, pictures)
	}
	setup := asJSON(t, map[string]any{
		"install":    installed(t, "vscode"),
		"temporary":  t.TempDir(),
		"vsix":       vsix,
		"workspace":  w.Dir,
		"file":       filepath.Join(w.Dir, filepath.FromSlash(bazeltest.EaterFile)),
		"outputBase": w.OutputBase,
		"series":     filepath.Join(root, "examples", "memory-eater", "measurements"),
		"control":    control(t, w),
		"pictures":   pictures,
		"failures":   filepath.Join(root, ".cache", "editors", "failures"),
	})
	drive(t, w, []string{"SETUP=" + setup}, node(t), filepath.Join(root, "editors", "vscode", "test", script))
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

// TestVSCodeParts: what of the extension needs no VS Code.
func TestVSCodeParts(t *testing.T) {
	folder := filepath.Join(bazeltest.Root(t), "editors", "vscode")
	cmd := exec.CommandContext(t.Context(), node(t), "--test", filepath.Join("test", "locate.test.mjs"))
	cmd.Dir = folder
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
