// SPDX-License-Identifier: Apache-2.0

package filecache

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func write(t *testing.T, k Bucket, path, text string) {
	t.Helper()
	if err := k.Write(path, func(w io.Writer) error { _, err := io.WriteString(w, text); return err }); err != nil {
		t.Fatal(err)
	}
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, item := range list {
		all = append(all, item.Name())
	}
	return all
}

// age makes an entry one that was of use that long ago.
func age(t *testing.T, path string, d time.Duration) {
	t.Helper()
	at := time.Now().Add(-d)
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

// What was of use last stays, up to the budget, beside other kinds and other
// people's files.
func TestTheBudgetHolds(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k := Bucket{Prefix: "a-", Budget: Budget{Entries: 3, Bytes: 10}}
	for i, name := range []string{"b-1", "notes", "a-1", "a-2", "a-3"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("xx"), 0o600); err != nil {
			t.Fatal(err)
		}
		age(t, path, time.Duration(10-i)*time.Hour)
	}
	Used(filepath.Join(dir, "a-1"))
	write(t, k, filepath.Join(dir, "a-4"), "xx")
	if got, want := names(t, dir), []string{"a-1", "a-3", "a-4", "b-1", "notes"}; !slices.Equal(got, want) {
		t.Errorf("kept %v, want %v", got, want)
	}
	age(t, filepath.Join(dir, "a-1"), time.Minute)
	write(t, k, filepath.Join(dir, "a-5"), "123456789")
	if got, want := names(t, dir), []string{"a-5", "b-1", "notes"}; !slices.Equal(got, want) {
		t.Errorf("of ten bytes kept %v, want %v", got, want)
	}
	write(t, k, filepath.Join(dir, "a-6"), strings.Repeat("x", 100))
	if got, want := names(t, dir), []string{"a-6", "b-1", "notes"}; !slices.Equal(got, want) {
		t.Errorf("what is newest goes: kept %v, want %v", got, want)
	}
}

// What a killed process left goes with the next write; what is being written
// now, and what is none of ours, does not.
func TestLeftoversGo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, hours := range map[string]time.Duration{".partial-1": 2, ".partial-2": 0, ".index-7": 2, ".page-7": 2, ".gitignore": 2} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		age(t, path, hours*time.Hour)
	}
	folder := filepath.Join(dir, ".partial-folder")
	if err := os.MkdirAll(filepath.Join(folder, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	age(t, folder, 2*time.Hour)
	write(t, Pages, filepath.Join(dir, "page.md"), "x")
	if got, want := names(t, dir), []string{".gitignore", ".partial-2", "page.md"}; !slices.Equal(got, want) {
		t.Errorf("left are %v, want %v", got, want)
	}
}

// A write that fails changes nothing and leaves nothing.
func TestAFailedWriteLeavesTheOld(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "page.md")
	write(t, Pages, path, "old")
	full := errors.New("disk full")
	err := Pages.Write(path, func(w io.Writer) error { _, _ = io.WriteString(w, "ne"); return full })
	if !errors.Is(err, full) || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v", err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "old" {
		t.Errorf("the file is %q, %v", text, err)
	}
	if got := names(t, dir); len(got) != 1 {
		t.Errorf("left are %v", got)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// Many that write one name leave one of the texts, whole.
func TestWritesAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sub", "page.md")
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			text := strings.Repeat(fmt.Sprint(i%10), 1<<16)
			if err := Pages.Write(path, func(w io.Writer) error { _, err := io.WriteString(w, text); return err }); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	text, err := os.ReadFile(path)
	if err != nil || len(text) != 1<<16 || strings.Trim(string(text), string(text[:1])) != "" {
		t.Errorf("%d bytes of several writers, %v", len(text), err)
	}
	if got := names(t, filepath.Dir(path)); len(got) != 1 {
		t.Errorf("left are %v", got)
	}
}

func TestFoldersAppearWhole(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "20260101-x")
	fill := func(text string) func(string) error {
		return func(into string) error { return os.WriteFile(filepath.Join(into, "console"), []byte(text), 0o600) }
	}
	never := func(_, _ string) error { t.Error("merged into nothing"); return nil }
	if err := Crashes.WriteFolder(path, fill("first"), never); err != nil {
		t.Fatal(err)
	}
	merged := ""
	err := Crashes.WriteFolder(path, fill("second"), func(made, there string) error {
		text, err := os.ReadFile(filepath.Join(made, "console"))
		merged = string(text) + " into " + filepath.Base(there)
		return err
	})
	if err != nil || merged != "second into 20260101-x" {
		t.Errorf("%q, %v", merged, err)
	}
	broken := errors.New("broken")
	if err := Crashes.WriteFolder(filepath.Join(dir, "other"), func(string) error { return broken }, never); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	if got := names(t, dir); len(got) != 1 {
		t.Errorf("left are %v", got)
	}
}

func TestKeysTellApart(t *testing.T) {
	t.Parallel()
	if Key("a", "b") == Key("ab") || Key("a", "b") == Key("b", "a") || strings.Contains(Key("secret"), "secret") {
		t.Error("keys are mixed up")
	}
}

func TestScratchLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f, remove, err := Scratch(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte("x"), 10); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Close(), remove()); err != nil {
		t.Error(err)
	}
	if got := names(t, dir); len(got) != 0 {
		t.Errorf("left are %v", got)
	}
}

// TestOneWriter: production code writes aside and renames here, and where a
// measurement is put in its place.
func TestOneWriter(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	mayRename := []string{"internal/filecache", "internal/measure",
		"internal/accuracy", "internal/bazeltest", "internal/foretell", "internal/hostile", // for tests and recording alone
		"internal/live"} // it is the JVM that writes the dump aside
	files := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := filepath.ToSlash(strings.TrimPrefix(path, root+string(filepath.Separator)))
		if d.IsDir() && (slices.Contains(mayRename, name) || d.Name() == "node_modules" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != root) {
			return filepath.SkipDir
		}
		if d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		files++
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(f, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := s.X.(*ast.Ident); ok && x.Name == "os" && (s.Sel.Name == "CreateTemp" || s.Sel.Name == "Rename") {
				t.Errorf("%s calls os.%s: internal/filecache writes aside and renames", name, s.Sel.Name)
			}
			return true
		})
		return nil
	})
	if err != nil || files < 100 {
		t.Fatalf("%d files, %v", files, err)
	}
}
