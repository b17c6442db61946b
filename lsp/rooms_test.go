// SPDX-License-Identifier: Apache-2.0

package lsp

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A type whose methods are in more files than that is more than one thing.
const mostFilesOfAType = 8

// The rooms stay rooms: what an editor is shown needs neither the connection nor
// the running of Bazel, and no type grows over everything.
func TestRooms(t *testing.T) {
	t.Parallel()
	files := map[string][]string{} // of each type's methods
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, i := range f.Imports {
			name, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			forbidden := strings.HasSuffix(name, "/jsonrpc2") || strings.HasSuffix(name, "/internal/measure")
			if forbidden && filepath.ToSlash(filepath.Dir(path)) == "internal/show" {
				t.Errorf("%s imports %s", path, name)
			}
		}
		for _, d := range f.Decls {
			if m, ok := d.(*ast.FuncDecl); ok && m.Recv != nil {
				name := filepath.Dir(path) + "." + receiver(m.Recv.List[0].Type)
				if !slices.Contains(files[name], path) {
					files[name] = append(files[name], path)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 20 {
		t.Fatalf("%d types have methods", len(files))
	}
	for name, all := range files {
		if len(all) > mostFilesOfAType {
			t.Errorf("the methods of %s are in %d files: %v", name, len(all), all)
		}
	}
}

// receiver is the name of a method's type.
func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}
