// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var sentencesTo = flag.String("sentences", "", "write every sentence that a user can meet into `FILE`, to be read in one go")

// notShown are folders whose texts no user meets: they make test data, or
// measure ourselves.
var notShown = []string{"internal/accuracy", "internal/foretell", "internal/hostile", "internal/bench", "internal/e2e", "docs", "scripts"}

// A sentence is a text of more than one word that a user can meet.
type sentence struct {
	place, text string
}

// unwelcome are words that say a thing in a way that only we would, each with
// what is said instead.
var unwelcome = []struct {
	word    *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`(?i)\bput down to\b`), "caused by, attributed to"},
	{regexp.MustCompile(`(?i)\btestimony|\bwitness(es)?\b`), "evidence"},
	{regexp.MustCompile(`(?i)\bthe origin('s)?\b`), "memory-adventure"},
	{regexp.MustCompile(`(?i)\blikeliest\b`), "most likely"},
	{regexp.MustCompile(`[0-9]e[+-]?[0-9]{2}`), "a number without an exponent"},
	{regexp.MustCompile(`\bMB\b|\bGB\b`), "MiB, GiB"},
	{regexp.MustCompile(`(?i)\bsprint\b|\bjoiner\b|\btally\b|\bverdicts? of the\b`), "the field's term"},
	{regexp.MustCompile(`(?i)\b(please|simply|obviously)\b`), "nothing"},
}

// TestSentences finds every sentence that a user can meet in output, messages,
// help, settings, titles and hovers, and holds them to the vocabulary. With
// -sentences FILE it writes them there, to be read in one go.
func TestSentences(t *testing.T) {
	t.Parallel()
	all := append(goSentences(t), manifestSentences(t)...)
	all = append(all, scriptSentences(t, "editors/vscode/src", ".ts")...)
	all = append(all, scriptSentences(t, "editors/nvim/lua", ".lua")...)
	if len(all) < 1000 {
		t.Fatalf("%d sentences: some are not found", len(all))
	}
	for _, s := range all {
		for _, u := range unwelcome {
			if found := u.word.FindString(s.text); found != "" {
				t.Errorf("%s says %q: say %s: %.160q", s.place, found, u.instead, s.text)
			}
		}
	}
	if *sentencesTo == "" {
		return
	}
	var b strings.Builder
	for _, s := range all {
		fmt.Fprintf(&b, "%s: %s\n", s.place, s.text)
	}
	if err := os.WriteFile(*sentencesTo, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

var words = regexp.MustCompile(`[A-Za-z]{2,}[,:;]? [A-Za-z(%]{2,}`)

// goSentences are the string literals of the program that read like prose.
func goSentences(t *testing.T) (all []sentence) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel := strings.TrimPrefix(filepath.ToSlash(path), "../")
		name := d.Name()
		if d.IsDir() {
			if slices.Contains(notShown, rel) || name == "testdata" || name == "node_modules" || name == "fakebazel" || len(name) > 2 && name[0] == '.' || strings.HasSuffix(name, "test") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if _, ok := n.(*ast.ImportSpec); ok {
				return false
			}
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(literal.Value)
			if err == nil && words.MatchString(text) {
				all = append(all, sentence{fmt.Sprintf("%s:%d", rel, files.Position(literal.Pos()).Line), text})
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// manifestSentences are those of VS Code's package.json.
func manifestSentences(t *testing.T) (all []sentence) {
	t.Helper()
	text, err := os.ReadFile("../editors/vscode/package.json")
	if err != nil {
		t.Fatal(err)
	}
	var manifest any
	if err := json.Unmarshal(text, &manifest); err != nil {
		t.Fatal(err)
	}
	var walk func(at string, v any)
	walk = func(at string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, inner := range v {
				walk(at+"/"+key, inner)
			}
		case []any:
			for _, inner := range v {
				walk(at, inner)
			}
		case string:
			if words.MatchString(v) && !strings.Contains(at, "/when") && !strings.Contains(at, "/scripts/") {
				all = append(all, sentence{"editors/vscode/package.json" + at, v})
			}
		}
	}
	walk("", manifest)
	slices.SortFunc(all, func(a, b sentence) int { return strings.Compare(a.place+a.text, b.place+b.text) })
	return all
}

var quoted = regexp.MustCompile("\"((?:[^\"\\\\\n]|\\\\.)*)\"|`([^`]*)`")

// scriptSentences are those of an editor's own code.
func scriptSentences(t *testing.T, dir, ending string) (all []sentence) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join("..", dir), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ending) {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for number, line := range strings.Split(string(text), "\n") {
			if trimmed := strings.TrimSpace(line); strings.HasPrefix(trimmed, "//") || strings.HasPrefix(trimmed, "--") || strings.HasPrefix(trimmed, "*") || strings.HasPrefix(trimmed, "/*") {
				continue
			}
			for _, m := range quoted.FindAllStringSubmatch(line, -1) {
				if s := m[1] + m[2]; words.MatchString(s) {
					all = append(all, sentence{fmt.Sprintf("%s:%d", strings.TrimPrefix(filepath.ToSlash(path), "../"), number+1), s})
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
