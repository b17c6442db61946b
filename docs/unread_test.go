// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// factRooms hold what is known of a build. What nobody reads of it has no place
// there: it costs its reader's time and memory, and its tests. Of them fields
// count as well.
var factRooms = []string{
	"internal/bazel/trace", "internal/bazel/bep", "internal/bazel/console", "internal/bazel/dump", "internal/hprof", "internal/measurement",
	"attribution/observe", "attribution/aggregate",
}

// unread are the names that may go without a reader for now, each with why.
var unread = map[string]string{
	"FunctionProfile.StartLine": "the function's own line, for whoever joins samples with sources by line",
	"Profile.DurationMicros":    "how long the sampling took, by which a reader of the format is tested",
	"RuleCount.BytesEach":       "a row of dump --rules is kept whole",
	"Usage.InitBytes":           "a row of --memory_profile is kept whole",
	"Usage.CommittedBytes":      "as Usage.InitBytes",
	"Usage.MaxBytes":            "as Usage.InitBytes",
	"ProfileSummary.Bytes":      "by which it is tested that a profile is read to its end",
	"Log.Lines":                 "as ProfileSummary.Bytes",
	"Foreign.Line":              "by which it is tested that a cut log loses nothing before the cut",
	"TraceFacts.Damage":         "by which it is tested that a made profile is whole",
	"ProfileSummary.Finished":   "as TraceFacts.Damage",
	"NothingAround":             "the zero value of Surrounding",
	"RootUnknown":               "the zero value of its type",
	"MaxOwners":                 "the bound of the questions, for tests of all of them",
	"DominatorTree.LiveBytes":   "the tree's own definition, by which it is tested",
	"DominatorTree.Dominates":   "as DominatorTree.LiveBytes",
	"Dump.CacheError":           "a cache that cannot be written is no user's business, and a test's",
	"Dump.IDBytes":              "a figure of the format, by which a reader of it is tested",
	"Object.ElementType":        "as Dump.IDBytes",
	"OpenAt":                    "a dump that was made in memory, for tests",
	"Outcome.HeldOut":           "the way in which a foretelling is judged, by internal/foretell's tests",
	"ErrPlatform":               "what other systems answer",
	"Counters.Flags":            "by which the layout of the counters is tested",
	"HistogramLine.Instances":   "as Dump.IDBytes",
	"Page":                      "writes docs/checks.md, when its test is told to",
	"WriteMeasures":             "writes docs/measures.md, when its test is told to",
}

// called are the methods that something of the standard library, or of a
// dependency, calls.
var called = []string{
	"UnmarshalJSON", "MarshalJSON", "UnmarshalText", "String", "Error", "Unwrap", "Is", "Read", "ReadAt", "Write", "Close", "Len", "Less", "Swap", "Set",
	"Enabled", "Handle", "WithAttrs", "WithGroup", "Marshal", "Unmarshal", "RGBA", "DrawGlyph",
	"Size", "SetLineWidth", "SetLineDash", "SetColor", "Rotate", "Translate", "Scale", "Push", "Pop", "Stroke", "Fill", "FillString", "DrawImage",
}

// TestNamesHaveReaders: every exported name, and in the rooms of facts every
// field, is used in production code. What is printed as JSON, or called through
// an interface, has its reader.
func TestNamesHaveReaders(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("some names have their readers in files for Linux")
	}
	declared, read := map[string]declaration{}, map[string]bool{}
	interfaces := map[string]bool{}
	for _, name := range called {
		interfaces[name] = true
	}
	for _, p := range checked(t) {
		test := strings.HasSuffix(p.path, "test") || strings.HasSuffix(p.path, "/hostile") || strings.HasSuffix(p.path, "/fakebazel") || strings.Contains(p.path, "/e2e")
		if test {
			continue
		}
		declare(p, declared, interfaces)
		readNames(p, read)
	}
	if len(declared) < 1000 {
		t.Fatalf("only %d names were found", len(declared))
	}
	excused := map[string]bool{}
	for key, d := range declared {
		switch {
		case read[key] || d.method && interfaces[d.name[strings.LastIndexByte(d.name, '.')+1:]]:
		case unread[d.name] != "":
			excused[d.name] = true
		default:
			t.Errorf("nobody reads %s (%s): delete it, or give it a reader", d.name, key)
		}
	}
	for name := range unread {
		if !excused[name] {
			t.Errorf("%s is excused, and need not be", name)
		}
	}
}

// A declaration is an exported name: "Name", "Type.Field" or "Type.Method".
type declaration struct {
	name   string
	method bool
}

// A unit is a package of ours, with its types.
type unit struct {
	path  string
	fset  *token.FileSet
	info  *types.Info
	scope *types.Scope
}

// key is where an object is declared: it is the same seen from its own package
// and from one that imports it.
func (u *unit) key(o types.Object) string {
	at := u.fset.Position(o.Pos())
	return fmt.Sprintf("%s/%s:%d %s", o.Pkg().Path(), filepath.Base(at.Filename), at.Line, o.Name())
}

// checked are all our packages, type-checked from source; what they import, from
// the compiler's export data.
func checked(t *testing.T) []*unit {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-export", "-json=ImportPath,Dir,GoFiles,Export", "../...")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	type listed struct {
		ImportPath, Dir, Export string
		GoFiles                 []string
	}
	var ours []listed
	exports := map[string]string{}
	for decoder := json.NewDecoder(out); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		exports[p.ImportPath] = p.Export
		if strings.HasPrefix(p.ImportPath, module) && len(p.GoFiles) > 0 {
			ours = append(ours, p)
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	imports := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	var units []*unit
	for _, p := range ours {
		var files []*ast.File
		for _, name := range p.GoFiles {
			file, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, file)
		}
		u := &unit{path: p.ImportPath, fset: fset, info: &types.Info{Uses: map[*ast.Ident]types.Object{}}}
		checker := types.Config{Importer: imports}
		made, err := checker.Check(p.ImportPath, fset, files, u.info)
		if err != nil {
			t.Fatal(err)
		}
		u.scope = made.Scope()
		for _, file := range files {
			u.forgetWrites(file)
		}
		units = append(units, u)
	}
	return units
}

// forgetWrites takes from the uses of names those that only write to a field.
func (u *unit) forgetWrites(file *ast.File) {
	forget := func(e ast.Expr) {
		if s, ok := e.(*ast.SelectorExpr); ok {
			delete(u.info.Uses, s.Sel)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.KeyValueExpr:
			if key, ok := n.Key.(*ast.Ident); ok {
				if v, ok := u.info.Uses[key].(*types.Var); ok && v.IsField() {
					delete(u.info.Uses, key)
				}
			}
		case *ast.AssignStmt:
			for _, left := range n.Lhs {
				forget(left)
			}
		case *ast.IncDecStmt:
			forget(n.X)
		}
		return true
	})
}

// declare collects the exported names of a package, and the methods that its
// interfaces ask for.
func declare(u *unit, declared map[string]declaration, interfaces map[string]bool) {
	facts := slices.Contains(factRooms, strings.TrimPrefix(u.path, module))
	for _, name := range u.scope.Names() {
		o := u.scope.Lookup(name)
		if o.Exported() {
			declared[u.key(o)] = declaration{name: name}
		}
		t, ok := o.(*types.TypeName)
		if !ok || t.IsAlias() {
			continue
		}
		named := t.Type().(*types.Named)
		switch under := named.Underlying().(type) {
		case *types.Interface:
			for i := range under.NumMethods() {
				interfaces[under.Method(i).Name()] = true
			}
		case *types.Struct:
			for i := range under.NumFields() {
				if f := under.Field(i); facts && o.Exported() && f.Exported() && !f.Embedded() && under.Tag(i) == "" {
					declared[u.key(f)] = declaration{name: name + "." + f.Name()}
				}
			}
		}
		for i := range named.NumMethods() {
			if m := named.Method(i); m.Exported() && o.Exported() {
				declared[u.key(m)] = declaration{name + "." + m.Name(), true}
			}
		}
	}
}

// readNames collects what is used, other than to be written to.
func readNames(u *unit, read map[string]bool) {
	for _, o := range u.info.Uses {
		switch v := o.(type) {
		case *types.Func:
			o = v.Origin()
		case *types.Var:
			o = v.Origin()
		}
		if o.Pkg() != nil && strings.HasPrefix(o.Pkg().Path(), module) {
			read[u.key(o)] = true
		}
	}
}
