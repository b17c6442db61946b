// SPDX-License-Identifier: Apache-2.0

//go:build editors && bench

package test

import (
	"archive/zip"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.invalid/starlark-memls/internal/bazeltest"
)

// TestTyping measures the time from key to paint in VS Code, with the
// extension and without, in a file of 5,000 lines with lenses. At the median
// the extension may add a tenth. For a machine with nothing else to do.
// $COMPOSITOR is "gpu", as desktops are, or "software" (see browser.mjs).
func TestTyping(t *testing.T) {
	w := bazeltest.New(t, "memory-eater", bazeltest.WorkspaceOptions{DefaultOutputBase: true})
	lengthen(t, filepath.Join(w.Dir, filepath.FromSlash(bazeltest.EaterFile)))
	crash(t, w)
	setup := vscodeSetup(t, w)
	full := setup["vsix"].(string)
	lenses, err := os.ReadFile(filepath.Join(bazeltest.Root(t), "editors", "vscode", "test", "fixedLenses.js"))
	if err != nil {
		t.Fatal(err)
	}
	setup["extensions"] = map[string]string{
		"with":    full,
		"without": languageOnly(t, full, nil),
		"lenses":  languageOnly(t, full, lenses),
	}
	setup["compositor"] = cmp.Or(os.Getenv("COMPOSITOR"), "gpu")
	driveVSCodeWith(t, w, "typing.mjs", setup)
}

// lengthen makes a source 5,000 lines long. The comment to type into stands
// above the culprit's lens, so that this is on the screen.
func lengthen(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var long strings.Builder
	long.Write(text)
	for i := 0; strings.Count(long.String(), "\n") < 5000; i++ {
		fmt.Fprintf(&long, "\ndef _filler_%d(ctx):\n    \"\"\"Does nothing.\"\"\"\n    if ctx:\n        return [%d]\n    return []\n", i, i)
	}
	all := strings.Replace(long.String(), "def traverse_impl", "# a comment to type into\n\ndef traverse_impl", 1)
	if err := os.WriteFile(path, []byte(all), 0o600); err != nil {
		t.Fatal(err)
	}
}

// languageOnly is the package of an extension without server and code: what is
// left is the language and its grammar, as every Bazel extension has them, and
// the code that is given instead, if any.
func languageOnly(t *testing.T, vsix string, code []byte) string {
	t.Helper()
	from, err := zip.OpenReader(vsix)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	to, err := os.Create(filepath.Join(t.TempDir(), "language.vsix"))
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	out := zip.NewWriter(to)
	write := func(name string, content []byte) {
		f, err := out.Create(name)
		if err == nil {
			_, err = f.Write(content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range from.File {
		if strings.HasPrefix(f.Name, "extension/bin/") || strings.HasPrefix(f.Name, "extension/dist/") {
			continue
		}
		content := unzipped(t, f)
		if f.Name == "extension/package.json" {
			content = languageManifest(t, content, code != nil)
		}
		write(f.Name, content)
	}
	if code != nil {
		write("extension/dist/extension.js", code)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return to.Name()
}

// languageManifest keeps of a package.json what contributes the language, and
// the entry point where there is code behind it.
func languageManifest(t *testing.T, content []byte, code bool) []byte {
	t.Helper()
	var manifest map[string]any
	if err := json.Unmarshal(content, &manifest); err != nil {
		t.Fatal(err)
	}
	contributes := manifest["contributes"].(map[string]any)
	manifest["contributes"] = map[string]any{"languages": contributes["languages"], "grammars": contributes["grammars"]}
	delete(manifest, "browser")
	if !code {
		delete(manifest, "main")
		delete(manifest, "activationEvents")
	}
	return []byte(asJSON(t, manifest))
}

func unzipped(t *testing.T, f *zip.File) []byte {
	t.Helper()
	r, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
