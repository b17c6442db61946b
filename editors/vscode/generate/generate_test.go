// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.invalid/starlark-memls/lsp/settings"
)

const root = "../../.."

// TestGeneratedFilesAreFresh: whoever changes a table generates again.
func TestGeneratedFilesAreFresh(t *testing.T) {
	t.Parallel()
	if err := run(root, true); err != nil {
		t.Fatal(err)
	}
}

// The rest reads the manifest as VS Code does, with none of the generator's
// code, and holds it against the tables and against the sources.
type readManifest struct {
	Capabilities struct {
		UntrustedWorkspaces struct{ RestrictedConfigurations []string }
	}
	Contributes struct {
		Configuration []struct {
			Properties map[string]struct {
				Type    string
				Default any
			}
		}
		Commands []struct{ Command, Title string }
		Menus    map[string][]struct{ Command, When string }
	}
}

func read(t *testing.T) readManifest {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, manifest))
	if err != nil {
		t.Fatal(err)
	}
	var m readManifest
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestEverySettingIsDeclared(t *testing.T) {
	t.Parallel()
	m := read(t)
	declared := map[string]string{}
	for _, section := range m.Contributes.Configuration {
		for key, p := range section.Properties {
			declared[key] = p.Type
		}
	}
	for _, row := range settings.Table() {
		if declared[row.Key] != row.Type {
			t.Errorf("%s is %q in package.json, want %q", row.Key, declared[row.Key], row.Type)
		}
		delete(declared, row.Key)
		if restricted := slices.Contains(m.Capabilities.UntrustedWorkspaces.RestrictedConfigurations, row.Key); restricted != row.Trusted {
			t.Errorf("%s: restricted %v in package.json, trusted only %v in the table", row.Key, restricted, row.Trusted)
		}
	}
	for key := range declared {
		t.Errorf("package.json has %s, and no table does", key)
	}
}

// TestCommandsAreRegistered: what package.json offers, the extension registers
// under that name; and none of the ids is the server's.
func TestCommandsAreRegistered(t *testing.T) {
	t.Parallel()
	m := read(t)
	var sources strings.Builder
	files, err := filepath.Glob("../src/commands/*.ts")
	if err != nil || len(files) == 0 {
		t.Fatalf("no sources of commands: %v", err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		sources.Write(text)
	}
	known := map[string]bool{}
	for _, c := range m.Contributes.Commands {
		known[c.Command] = true
		name, ours := strings.CutPrefix(c.Command, "starlarkMemls.")
		if !ours || c.Title == "" {
			t.Errorf("command %q, title %q", c.Command, c.Title)
		}
		if !strings.Contains(sources.String(), "\n    "+name+": ") {
			t.Errorf("no source registers %s", name)
		}
	}
	for menu, items := range m.Contributes.Menus {
		for _, item := range items {
			if !known[item.Command] {
				t.Errorf("the menu %s has %s, which is no command", menu, item.Command)
			}
		}
	}
}

// TestContextKeysAreSet: a misspelt key in a when clause hides a command for
// ever.
func TestContextKeysAreSet(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../src/context.ts")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range palette {
		for _, word := range strings.FieldsFunc(e.when, func(r rune) bool { return strings.ContainsRune(" &|!()", r) }) {
			if key, ours := strings.CutPrefix(word, "starlarkMemls."); ours && !strings.Contains(string(text), `set("`+key+`"`) {
				t.Errorf("%s is shown when %s, which nothing sets", e.id(), word)
			}
		}
	}
}

func TestSplice(t *testing.T) {
	t.Parallel()
	const text = "{\n  \"a\": {\n    \"b\": [1,\n 2],\n    \"c\": 3\n  },\n  \"d\": \"<&>\"\n}\n"
	got, err := splice([]byte(text), "a.b", ordered{{"x", "<y>"}})
	if err != nil {
		t.Fatal(err)
	}
	const want = "{\n  \"a\": {\n    \"b\": {\n      \"x\": \"<y>\"\n    },\n    \"c\": 3\n  },\n  \"d\": \"<&>\"\n}\n"
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for _, path := range []string{"a.z", "d.e", "z"} {
		if _, err := splice([]byte(text), path, 1); err == nil {
			t.Errorf("%s was replaced, and is not there", path)
		}
	}
}
