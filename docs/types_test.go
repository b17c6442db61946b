// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// sameName is how many types of one name a reader can be asked to tell apart.
const sameName = 2

// TestTypesHaveNamesOfTheirOwn finds the names that more than two types bear,
// exported or not. An alias is the same type, and a test's own types are seen by
// nobody else.
func TestTypesHaveNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	places := map[string][]string{}
	fset := token.NewFileSet()
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains([]string{".git", ".cache", "node_modules", "testdata"}, entry.Name()):
			return filepath.SkipDir
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, spec := range declaredTypes(file) {
			name := strings.ToLower(spec.Name.Name)
			places[name] = append(places[name], fset.Position(spec.Pos()).String())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(places) < 500 {
		t.Fatalf("only %d names were found", len(places))
	}
	for name, at := range places {
		if len(at) > sameName {
			t.Errorf("%d types are called %s:\n\t%s", len(at), name, strings.Join(at, "\n\t"))
		}
	}
}

// declaredTypes are the types of a file's own, aliases left out.
func declaredTypes(file *ast.File) []*ast.TypeSpec {
	var specs []*ast.TypeSpec
	for _, d := range file.Decls {
		if g, ok := d.(*ast.GenDecl); ok {
			for _, s := range g.Specs {
				if s, ok := s.(*ast.TypeSpec); ok && !s.Assign.IsValid() {
					specs = append(specs, s)
				}
			}
		}
	}
	return specs
}
