// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestChainsNameTypes holds the chains in architecture.md to types that exist.
func TestChainsNameTypes(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Three values")
	section, _, _ = strings.Cut(section, "\n## ")
	named := regexp.MustCompile("`([a-z/]+)\\.(\\w+)`").FindAllStringSubmatch(section, -1)
	if len(named) < 10 {
		t.Fatalf("the chains name %d types", len(named))
	}
	for _, name := range named {
		files, err := filepath.Glob(filepath.Join("..", filepath.FromSlash(name[1]), "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		declared := regexp.MustCompile(`(?m)^type ` + name[2] + `\b`)
		found := false
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			found = found || declared.Match(source)
		}
		if !found {
			t.Errorf("no type %s in %s", name[2], name[1])
		}
	}
}
