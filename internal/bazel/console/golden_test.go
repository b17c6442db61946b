// SPDX-License-Identifier: Apache-2.0

package console

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"example.invalid/starlark-memls/internal/bazel/javastack"
)

var update = flag.Bool("update", false, "write what the reader gives into the golden files")

// shapes are the golden files: an archive of "console", the text, and "log",
// what is to come of it. Those whose names begin with a version were recorded
// from that Bazel (0.29.0, 2.1.0, 4.2.3), the others are made from the forms
// in Bazel's sources and public issues.
func shapes(tb testing.TB) []string {
	tb.Helper()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < 40 {
		tb.Fatalf("testdata: %d shapes, %v", len(files), err)
	}
	return files
}

// member returns a file of an archive.
func member(tb testing.TB, a *txtar.Archive, name string) []byte {
	tb.Helper()
	for _, f := range a.Files {
		if f.Name == name {
			return f.Data
		}
	}
	tb.Fatalf("no %q in the archive", name)
	return nil
}

func parseShape(tb testing.TB, path string) (*txtar.Archive, []byte) {
	tb.Helper()
	a, err := txtar.ParseFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return a, member(tb, a, "console")
}

func mustRead(tb testing.TB, text []byte) *Log {
	tb.Helper()
	log, err := Read(context.Background(), bytes.NewReader(text))
	if err != nil {
		tb.Fatal(err)
	}
	return log
}

func TestShapes(t *testing.T) {
	t.Parallel()
	for _, path := range shapes(t) {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			a, text := parseShape(t, path)
			got := render(t, mustRead(t, text))
			if *update {
				a.Files = []txtar.File{{Name: "console", Data: text}, {Name: "log", Data: got}}
				if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(member(t, a, "log")), string(got)); diff != "" {
				t.Errorf("log differs (-want +got):\n%s", diff)
			}
		})
	}
}

// render writes a log as JSON for a golden file: without zero values, a frame
// to a line, and with what Statement and Phase make of the Java frames.
func render(tb testing.TB, log *Log) []byte {
	tb.Helper()
	raw, err := json.Marshal(log)
	if err != nil {
		tb.Fatal(err)
	}
	var tree map[string]any
	if err := json.Unmarshal(raw, &tree); err != nil {
		tb.Fatal(err)
	}
	if crashes, ok := tree["Crashes"].([]any); ok {
		for i, c := range crashes {
			c := c.(map[string]any)
			c["~Statement"] = javastack.Statement(log.Crashes[i].Java)
			c["~Phase"] = javastack.Phase(log.Crashes[i].Java)
		}
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(prune(tree)); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

// prune drops zero values and writes frames on one line.
func prune(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if method, ok := v["Method"]; ok {
			return fmt.Sprintf("%v(%v)", method, v["Source"])
		}
		if _, ok := v["Function"]; ok {
			return fmt.Sprintf("%v %v:%v:%v", v["Function"], v["File"], v["Line"], v["Column"])
		}
		for k, e := range v {
			if e = prune(e); e == nil || e == "" || e == false || e == 0.0 {
				delete(v, k)
			} else {
				v[k] = e
			}
		}
		if len(v) == 0 {
			return nil
		}
		return v
	case []any:
		for i := range v {
			v[i] = prune(v[i])
		}
		if n := len(v); n > 80 {
			return append(append(v[:10:10], fmt.Sprintf("%d more", n-30)), v[n-20:]...)
		}
		return v
	}
	return v
}
