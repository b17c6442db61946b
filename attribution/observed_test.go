// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/measurement"
)

// observed reads the one measurement in a folder.
func observed(t testing.TB, dir string) *observe.Observation {
	t.Helper()
	all, _, err := measurement.Open(t.Context(), dir)
	if err != nil || len(all) != 1 {
		t.Fatalf("%d measurements in %s: %v", len(all), dir, err)
	}
	o, err := observe.Read(t.Context(), all[0], observe.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func zipped(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const (
	starlarkOOM = `FATAL: bazel ran out of memory and crashed. Printing stack trace:
net.starlark.java.eval.Starlark$UncheckedEvalError: OutOfMemoryError thrown during Starlark evaluation (//memory:memory)
	at <starlark>.write(<builtin>:0)
	at <starlark>.traverse_impl(/src/project/memory/eat.bzl:6)
Caused by: java.lang.OutOfMemoryError: Java heap space
	at java.base/java.util.Arrays.copyOf(Arrays.java:3536)
`
	gzipHead = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x00"
)

// A profile of 0 or 10 bytes is evidence: the server died before anything was
// written; what else there is, is used.
func TestAnEmptyProfileIsEvidence(t *testing.T) {
	t.Parallel()
	for _, profile := range []string{"", gzipHead} {
		o := observed(t, folder(t, map[string]string{"profile.gz": profile, "console": starlarkOOM}))
		if o.Trace != nil || len(o.Crashes) != 1 {
			t.Fatalf("trace %v, crashes %v", o.Trace, o.Crashes)
		}
		want := fmt.Sprintf("%d bytes: the server died before anything was written; the console is used instead", len(profile))
		found := false
		for _, w := range o.Warnings {
			found = found || w.Message == want
		}
		if !found {
			t.Errorf("warnings %v, want %q", o.Warnings, want)
		}
		r := conclude(t, workspace(t, nil), o)
		if r.Suspects[0].Name != "traverse_impl" || r.Suspects[0].Definition == nil {
			t.Errorf("suspects %v", names(r))
		}
		f := r.Crashes[0].Threads[0].Frames
		if len(f) != 2 || f[0].File != "<builtin>" || f[1].Mapped == "" {
			t.Errorf("frames %+v: a frame from another checkout says how it was matched", f)
		}
	}
}

func TestAProfileWithoutStarlark(t *testing.T) {
	t.Parallel()
	profile := `{"otherData":{},"traceEvents":[
    {"cat":"build phase marker","name":"Initialize command","ph":"i","ts":0,"pid":1,"tid":20},
    {"cat":"general information","name":"Finishing","ph":"i","ts":5000,"pid":1,"tid":20}
  ]
}
`
	o := observed(t, folder(t, map[string]string{"profile.gz": zipped(t, profile), "console": "INFO: Build completed successfully, 1 total action\n"}))
	r := conclude(t, workspace(t, nil), o)
	if len(r.Suspects) != 0 {
		t.Errorf("suspects %v", names(r))
	}
	said := false
	for _, w := range r.Warnings {
		said = said || strings.Contains(w.Message, "no Starlark call")
	}
	if !said {
		t.Errorf("warnings %v", r.Warnings)
	}
}

// Each recorded crash of real Bazel, by itself, names the culprit of the
// example; 4.2.3 leaves no Starlark stack.
func TestEachRecordedCrashNamesTheCulprit(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs(filepath.Join("..", "examples", "memory-eater"))
	if err != nil {
		t.Fatal(err)
	}
	ws := load(t, root)
	for _, dir := range recordedCrashes(t) {
		r := conclude(t, ws, observed(t, dir))
		first := r.Suspects[0]
		if first.Name != "traverse_impl" || first.Definition == nil || ws.Rel(first.Definition.File) != "memory/eat.bzl" {
			t.Errorf("%s: first is %s: %v", dir, first.Name, first.Reasons)
		}
		if c := r.Crashes[0]; c.Inferred == nil || c.Inferred.Name != "traverse_impl" {
			t.Errorf("%s: inferred %+v", dir, c.Inferred)
		}
	}
}

func recordedCrashes(t testing.TB) []string {
	t.Helper()
	all, _ := filepath.Glob(filepath.Join("..", "examples", "memory-eater", "measurements", "*"))
	var crashed []string
	for _, dir := range all {
		if text, err := os.ReadFile(filepath.Join(dir, "console")); err == nil && bytes.Contains(text, []byte("FATAL: bazel ran out of memory")) {
			crashed = append(crashed, dir)
		}
	}
	if len(crashed) == 0 {
		t.Fatal("no recorded crash")
	}
	return crashed
}
