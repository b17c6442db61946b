// SPDX-License-Identifier: Apache-2.0

package input

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// elsewhere are the files that may open others by themselves, and why. A path
// that ends in a slash stands for the folder.
var elsewhere = map[string]string{
	"internal/input/": "the door itself",

	"internal/bazel/outputbase/alive_unix.go": "/proc/<pid>/stat, of a number",
	"internal/bazel/server/inside_linux.go":   "/proc/<pid>/fd, of a number: lists it",
	"internal/process/":                       "/proc/<pid>/…, of a number",
	"internal/perfdata/find_linux.go":         "/proc/<pid>/status, of a number",
	"internal/perfdata/open_unix.go":          "the same checks, and follows no link: to a file that is read while it changes",
	"internal/perfdata/open_windows.go":       "the same checks, and follows no link: to a file that is read while it changes",
	"internal/live/":                          "its own private folder: the file that the JVM writes there for it",
	"internal/foretell/":                      "reads the project's own recordings, and what its recorder's builds wrote",
	"cmd/starlark-memls/watch_unix.go":        "/dev/tty, to ask the user",
	"internal/jvmtest/":                       "for tests alone",
	"internal/measure/process_linux.go":       "/proc/<pid>/…, of a number",
	"internal/measure/host_linux.go":          "/proc and cgroups: the machine's own memory",

	"cmd/starlark-memls/demo.go":  "writes the embedded example",
	"editors/vscode/generate/":    "writes the project's own files",
	"internal/accuracy/":          "reads the project's own corpus, and what its recorder's builds wrote",
	"internal/fleet/million/":     "reads the project's own corpus",
	"internal/screens/":           "reads the project's own example",
	"internal/bazeltest/":         "for tests alone",
	"internal/measure/fakebazel/": "for tests alone",
}

// opening are the functions of package os that open a file for reading.
var opening = map[string]bool{"Open": true, "OpenFile": true, "ReadFile": true, "DirFS": true, "OpenRoot": true, "CopyFS": true}

// TestOneDoor: no file is opened beside this package.
func TestOneDoor(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	const root = "../.."
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(root, path)
		name = filepath.ToSlash(name)
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && name != "." || d.Name() == "node_modules" || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		for _, call := range opens(t, path) {
			if reason := exception(name, used); reason == "" {
				t.Errorf("%s: %s: open it through internal/input, which asks what it is first", name, call)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for path := range elsewhere {
		if _, err := os.Stat(filepath.Join(root, path)); err != nil || !used[path] {
			t.Errorf("%s opens nothing: take it out of the list", path)
		}
	}
}

func exception(name string, used map[string]bool) string {
	for path, reason := range elsewhere {
		if name == path || strings.HasSuffix(path, "/") && strings.HasPrefix(name, path) {
			used[path] = true
			return reason
		}
	}
	return ""
}

// opens lists what in a source opens files.
func opens(t *testing.T, path string) []string {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{} // of package os
	for _, i := range file.Imports {
		imported, _ := strconv.Unquote(i.Path.Value)
		if imported == "io/ioutil" {
			return []string{"io/ioutil"}
		}
		if imported == "os" {
			names["os"] = true
			if i.Name != nil {
				names[i.Name.Name] = true
			}
		}
	}
	var found []string
	ast.Inspect(file, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && writes(call) {
			return false
		}
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && names[x.Name] && opening[s.Sel.Name] {
				found = append(found, set.Position(n.Pos()).String()+": "+x.Name+"."+s.Sel.Name)
			}
		}
		return true
	})
	return found
}

// writes reports whether a call opens a file that the program itself makes.
func writes(call *ast.CallExpr) bool {
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || f.Sel.Name != "OpenFile" || len(call.Args) != 3 {
		return false
	}
	found := false
	ast.Inspect(call.Args[1], func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && (s.Sel.Name == "O_CREATE" || s.Sel.Name == "O_WRONLY" || s.Sel.Name == "O_TMPFILE") {
			found = true
		}
		return true
	})
	return found
}
