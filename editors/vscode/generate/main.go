// SPDX-License-Identifier: Apache-2.0

// Command generate writes into the VS Code extension's package.json what the
// server's own tables say: contributes.configuration from the settings,
// .commands and .menus.commandPalette from the palette and the server's
// commands, and what is restricted in an untrusted workspace. The pages
// docs/settings.md and docs/commands.md come from the same tables (see
// cmd/starlark-memls/docs_test.go).
//
// With -check it writes nothing, and fails where the file is not as it would
// write it.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	root := flag.String("root", ".", "the repository")
	check := flag.Bool("check", false, "compare instead of writing")
	flag.Parse()
	if err := run(*root, *check); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// manifest is the extension's package.json, in the repository.
const manifest = "editors/vscode/package.json"

func run(root string, check bool) error {
	path := filepath.Join(root, filepath.FromSlash(manifest))
	now, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text, err := packageJSON(now)
	if err != nil {
		return fmt.Errorf("%s: %w", manifest, err)
	}
	if !check {
		return os.WriteFile(path, text, 0o644)
	}
	if !bytes.Equal(now, text) {
		return fmt.Errorf("%s is not what lsp's tables say; run: make generate", manifest)
	}
	return nil
}
