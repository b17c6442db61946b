// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"example.invalid/starlark-memls/internal/bazeltest"
	"example.invalid/starlark-memls/internal/fleet"
)

// TestCollectTellsNoSecret: a word that is in the environment, in flags, in a
// label and in strings of a server that died is in its heap dump, and in no row.
func TestCollectTellsNoSecret(t *testing.T) {
	t.Parallel()
	const canary = "canary7f3a"
	w := bazeltest.New(t, "memory-eater", bazeltest.WorkspaceOptions{DefaultOutputBase: true, NoLinks: true})
	put := func(name, text string) {
		t.Helper()
		path := filepath.Join(w.Dir, name)
		old, err := os.ReadFile(path)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, append(old, text...), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put(bazeltest.EaterFile, "\nKEPT = [\"string "+canary+" %d\" % i for i in range(100)]\n")
	put(canary+"/BUILD", "genrule(name = \""+canary+"\", outs = [\"x\"], cmd = \"echo $$TOKEN "+canary+" > $@\")\n")
	built := w.Build(t, "200m", "//...", "--action_env=TOKEN="+canary, "--define=key="+canary, "--build_metadata=USER="+canary)
	if !built.Crashed() {
		t.Fatalf("Bazel was to run out of memory, and exits %d:\n%s", built.ExitCode, built.Console)
	}
	dumps := w.HeapDumps(t)
	if len(dumps) != 1 {
		t.Fatalf("%d heap dumps", len(dumps))
	}
	dump, err := os.ReadFile(dumps[0])
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(dump, []byte(canary)); n < 5 {
		t.Fatalf("the dump has the word %d times: it was not planted", n)
	}
	out := filepath.Join(t.TempDir(), "rows")
	if _, complaints, code := run(t, w, "collect", "--out", out, "--project", "app"); code != 0 {
		t.Fatalf("collect exits %d: %s", code, complaints)
	}
	told := rowsOf[fleet.BuildRow](t, out, "builds") + rowsOf[fleet.CrashRow](t, out, "crashes") + rowsOf[fleet.Suspect](t, out, "suspects") + rowsOf[fleet.OwnerRow](t, out, "owners")
	if strings.Contains(told, canary) {
		t.Errorf("a secret is in the rows: %s", told)
	}
	if !strings.Contains(told, "@//memory:eat.bzl%"+guilty) || !strings.Contains(told, `"HasDump":true`) {
		t.Errorf("the rows do not name %s, or know of no dump: %s", guilty, told)
	}
}

// rowsOf are the rows of a table, with its files' names, as text.
func rowsOf[T any](t *testing.T, dir, table string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "v1", table, "*", "*.parquet"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%s: %q, %v", table, files, err)
	}
	rows, err := parquet.ReadFile[T](files[0])
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(rows)
	if err != nil {
		t.Fatal(err)
	}
	return files[0] + string(text)
}
