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

// factRooms hold what is known of a build. What nobody reads of it has no place
// there: it costs its reader's time and memory, and its tests.
var factRooms = []string{
	"internal/bazel/trace", "internal/bazel/bep", "internal/bazel/dump", "internal/hprof", "internal/measurement",
	"attribution/observe",
}

// unread are the names that may go without a reader for now, each with why.
var unread = map[string]string{
	"Function.StartLine":      "the function's own line, for whoever joins samples with sources by line",
	"RuleCount.BytesEach":     "a row of dump --rules is kept whole",
	"Usage.InitBytes":         "a row of --memory_profile is kept whole",
	"Usage.CommittedBytes":    "as Usage.InitBytes",
	"Garbage.Pool":            "tells one entry of Memory.Garbage from the other",
	"NothingAround":           "the zero value of Surrounding",
	"RootUnknown":             "the zero value of its type",
	"MaxOwners":               "the bound of the questions, for tests of all of them",
	"DominatorTree.Dominates": "with DominatorTree.Dominator the tree's own definition, by which it is tested",
	"DominatorTree.Dominator": "as DominatorTree.Dominates",
	"Dump.CacheError":         "a cache that cannot be written is no user's business, and a test's",
	"Dump.IDBytes":            "a figure of the format, by which a reader of it is tested",
	"Object.ElementType":      "as Dump.IDBytes",
}

// TestFactsHaveReaders: every exported name of the rooms of facts, and every
// field of what they export, is used in production code. It goes by names: one
// that another thing has as well counts as read.
func TestFactsHaveReaders(t *testing.T) {
	t.Parallel()
	declared, read := map[string]string{}, map[string]bool{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel := strings.TrimPrefix(filepath.ToSlash(path), "../")
		if d.IsDir() {
			if name := d.Name(); name == "testdata" || name == "node_modules" || len(name) > 2 && name[0] == '.' || strings.HasSuffix(name, "test") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		if room := filepath.ToSlash(filepath.Dir(rel)); slices.Contains(factRooms, room) {
			declare(file, room, declared)
		}
		readNames(file, read)
		return nil
	})
	if err != nil || len(declared) < 100 {
		t.Fatalf("%d names: %v", len(declared), err)
	}
	var odd []string
	for name, room := range declared {
		if !read[name[strings.LastIndexByte(name, '.')+1:]] && unread[name] == "" {
			odd = append(odd, room+": "+name)
		}
	}
	slices.Sort(odd)
	for _, name := range odd {
		t.Errorf("nobody reads %s: delete it, or give it a reader", name)
	}
	for name := range unread {
		if _, known := declared[name]; !known || read[name[strings.LastIndexByte(name, '.')+1:]] {
			t.Errorf("%s is excused, and need not be", name)
		}
	}
}

// declare collects "Name", "Type.Field" and "Type.Method". What is printed as
// JSON, or called through an interface of the standard library, has its reader.
func declare(file *ast.File, room string, declared map[string]string) {
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			name := d.Name.Name
			if !d.Name.IsExported() || slices.Contains([]string{"UnmarshalJSON", "String", "Error", "Unwrap", "Read", "Write", "Close", "Len", "Less", "Swap"}, name) {
				continue
			}
			if d.Recv != nil {
				name = receiver(d.Recv.List[0].Type) + "." + name
			}
			declared[name] = room
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.ValueSpec:
					for _, n := range s.Names {
						if n.IsExported() {
							declared[n.Name] = room
						}
					}
				case *ast.TypeSpec:
					if s.Name.IsExported() {
						declared[s.Name.Name] = room
						declareFields(s, room, declared)
					}
				}
			}
		}
	}
}

func declareFields(s *ast.TypeSpec, room string, declared map[string]string) {
	structure, ok := s.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, f := range structure.Fields.List {
		for _, n := range f.Names {
			if n.IsExported() && f.Tag == nil {
				declared[s.Name.Name+"."+n.Name] = room
			}
		}
	}
}

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

// readNames collects the names that are used, other than to be declared or to
// be written to.
func readNames(file *ast.File, read map[string]bool) {
	written := map[*ast.Ident]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			written[n.Name] = true
		case *ast.TypeSpec:
			written[n.Name] = true
		case *ast.ValueSpec:
			for _, name := range n.Names {
				written[name] = true
			}
		case *ast.Field:
			for _, name := range n.Names {
				written[name] = true
			}
		case *ast.KeyValueExpr:
			if key, ok := n.Key.(*ast.Ident); ok {
				written[key] = true
			}
		case *ast.AssignStmt:
			for _, left := range n.Lhs {
				if s, ok := left.(*ast.SelectorExpr); ok {
					written[s.Sel] = true
				}
			}
		case *ast.IncDecStmt:
			if s, ok := n.X.(*ast.SelectorExpr); ok {
				written[s.Sel] = true
			}
		case *ast.Ident:
			if !written[n] {
				read[n.Name] = true
			}
		}
		return true
	})
}
