// SPDX-License-Identifier: Apache-2.0

// Package docs holds the documents to the code, and the code to the documents.
package docs

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

const module = "example.invalid/starlark-memls/"

// row is a line of the table in architecture.md.
var row = regexp.MustCompile("(?m)^\\| `([^`]+)` \\|[^|]*\\|([^|]*)\\|$")

// TestImportsGoOneWay holds every package that is not for tests alone to its
// row in architecture.md.
func TestImportsGoOneWay(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	allowed := map[string][]string{}
	for _, m := range row.FindAllStringSubmatch(string(text), -1) {
		allowed[m[1]] = append(named(m[2]), m[1])
	}
	everybody := forEverybody(string(text))
	if len(everybody) == 0 {
		t.Fatal("architecture.md does not say what every folder may import")
	}
	if len(allowed) < 15 {
		t.Fatalf("architecture.md has a table of %d rows, want one for each folder", len(allowed))
	}
	for name, imports := range packages(t) {
		may := longest(allowed, name)
		if may == nil {
			if !forTestsAlone(string(text), name) {
				t.Errorf("%s has no row in architecture.md", name)
			}
			continue
		}
		for _, i := range imports {
			if !covers(may, i) && !covers(everybody, i) {
				t.Errorf("%s imports %s, which its row in architecture.md does not name", name, i)
			}
		}
	}
}

// forEverybody are the folders that each other one may import.
func forEverybody(text string) []string {
	_, line, _ := strings.Cut(text, "Every folder may also import")
	line, _, _ = strings.Cut(line, ":")
	return named(line)
}

// named are the words in backticks.
func named(cell string) []string {
	var names []string
	for i, part := range strings.Split(cell, "`") {
		if i%2 == 1 {
			names = append(names, part)
		}
	}
	return names
}

// packages lists our packages with what they import of ours.
func packages(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "../...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	found := map[string][]string{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return found
		} else if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(p.ImportPath, module)
		found[name] = nil
		for _, i := range p.Imports {
			if ours, ok := strings.CutPrefix(i, module); ok {
				found[name] = append(found[name], ours)
			}
		}
	}
}

// longest is the row of the innermost folder around a package.
func longest(rows map[string][]string, name string) []string {
	for at := name; at != ""; {
		if may, ok := rows[at]; ok {
			return may
		}
		i := strings.LastIndexByte(at, '/')
		if i < 0 {
			break
		}
		at = at[:i]
	}
	return nil
}

func covers(folders []string, name string) bool {
	for _, f := range folders {
		if name == f || strings.HasPrefix(name, f+"/") {
			return true
		}
	}
	return false
}

// forTestsAlone reports whether the paragraph under the table names the
// package.
func forTestsAlone(text, name string) bool {
	_, paragraph, _ := strings.Cut(text, "For tests alone:")
	paragraph, _, _ = strings.Cut(paragraph, "\n")
	return strings.Contains(paragraph, "`"+name+"`") || name == "docs"
}
