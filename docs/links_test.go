// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

var (
	link    = regexp.MustCompile(`\]\(([^()\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ +(.*)$`)
	fence   = regexp.MustCompile("(?ms)^ *```.*?^ *```$")
)

// packagedPictures are there in VS Code's package alone, which has them from
// docs/images (editors/vscode/package).
const packagedPictures = "../editors/vscode/media/pictures/"

// TestLinksLead follows every link of every page to a file, and to a heading
// in it. Addresses on the net are left alone: a test that needs them is down
// whenever they are.
func TestLinksLead(t *testing.T) {
	t.Parallel()
	all := pages(t)
	if len(all) < 5 {
		t.Fatalf("found %d pages, want the README and those in docs at least", len(all))
	}
	for _, page := range all {
		for _, m := range link.FindAllStringSubmatch(prose(t, page), -1) {
			to, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(to, "://") || strings.HasPrefix(to, "mailto:") {
				continue
			}
			target := page
			if to != "" {
				target = filepath.Join(filepath.Dir(page), filepath.FromSlash(to))
			}
			if picture, ok := strings.CutPrefix(target, packagedPictures); ok {
				target = filepath.Join("images", picture)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s, which is not there", page, m[1])
			} else if anchor != "" && !anchors(prose(t, target))[anchor] {
				t.Errorf("%s links to %s, where no heading is called that", page, m[1])
			}
		}
	}
}

// pages are the Markdown files of the repository, without those that were
// fetched, and without test data.
func pages(t *testing.T) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		switch name := d.Name(); {
		case err != nil:
			return err
		case d.IsDir() && path != ".." && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "testdata"):
			return filepath.SkipDir
		case filepath.Ext(name) == ".md":
			found = append(found, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// prose is a page without its code blocks.
func prose(t *testing.T, page string) string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	return fence.ReplaceAllString(string(text), "")
}

// anchors are the names that GitHub gives a page's headings: lower case, a
// hyphen for each space, and no punctuation.
func anchors(text string) map[string]bool {
	names := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		names[strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
				return unicode.ToLower(r)
			}
			return -1
		}, strings.TrimSpace(m[1]))] = true
	}
	return names
}
