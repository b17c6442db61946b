// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"bytes"
	"compress/gzip"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.invalid/starlark-memls/internal/bazel/trace/tracetest"
	"example.invalid/starlark-memls/internal/measurement"
)

func read(t testing.TB, dir string) *Observation {
	t.Helper()
	all, _, err := measurement.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 1 {
		t.Fatalf("%d measurements in %s", len(all), dir)
	}
	o, err := Read(t.Context(), all[0], ReadOptions{})
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

// The failure detail stays in the output base: beside a build that passed it
// is an earlier one's.
func TestALeftoverFailureDetail(t *testing.T) {
	t.Parallel()
	source := filepath.Join("..", "..", "examples", "memory-eater", "measurements")
	crashed, _ := filepath.Glob(filepath.Join(source, "200m-*", "failure_detail.rawproto"))
	if len(crashed) == 0 {
		t.Fatal("the recorded example has no failure detail")
	}
	detail, err := os.ReadFile(crashed[0])
	if err != nil {
		t.Fatal(err)
	}
	o := read(t, folder(t, map[string]string{"console": "INFO: Build completed successfully, 1 total action\n", "failure_detail.rawproto": string(detail)}))
	if len(o.Crashes) != 0 {
		t.Errorf("crashes %+v", o.Crashes)
	}
	// Without a console it is all there is.
	o = read(t, folder(t, map[string]string{"failure_detail.rawproto": string(detail)}))
	if len(o.Crashes) != 1 || o.Crashes[0].Source != "failure_detail" {
		t.Errorf("crashes %+v", o.Crashes)
	}
}

// Console and failure detail of one measurement are one crash.
func TestWitnessesOfOneCrash(t *testing.T) {
	t.Parallel()
	for _, dir := range recordedCrashes(t) {
		if o := read(t, dir); len(o.Crashes) != 1 || o.Crashes[0].Source != "console" {
			t.Errorf("%s: crashes %+v", dir, o.Crashes)
		}
	}
}

func recordedCrashes(t testing.TB) []string {
	t.Helper()
	all, _ := filepath.Glob(filepath.Join("..", "..", "examples", "memory-eater", "measurements", "*"))
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

const javaOOM = `FATAL: bazel ran out of memory and crashed. Printing stack trace:
java.lang.OutOfMemoryError: Java heap space
	at net.starlark.java.eval.StarlarkFunction.fastcall(StarlarkFunction.java:160)
	at com.google.devtools.build.lib.skyframe.StarlarkAspectFactory.create(StarlarkAspectFactory.java:87)
`

func TestObserveBounds(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"console": javaOOM})
	all, _, err := measurement.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	o, err := Read(t.Context(), all[0], ReadOptions{MaxBytes: 10})
	if err != nil {
		t.Fatal(err)
	}
	if len(o.Warnings) != 1 || !strings.Contains(o.Warnings[0].Message, "not read") {
		t.Errorf("warnings %v", o.Warnings)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Read(ctx, all[0], ReadOptions{}); err == nil {
		t.Error("a done context gave an observation")
	}
}

// BenchmarkObserve reads the 200 MB profile with full attribution.
func BenchmarkObserve(b *testing.B) {
	path := filepath.Join(b.TempDir(), "profile.gz")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	z := gzip.NewWriter(f)
	stats, err := tracetest.Generate(z, tracetest.Large)
	if err != nil {
		b.Fatal(err)
	}
	if err := z.Close(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	all, _, err := measurement.Open(b.Context(), path)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(stats.Bytes)
	b.ReportAllocs()
	for b.Loop() {
		o, err := Read(b.Context(), all[0], ReadOptions{})
		if err != nil {
			b.Fatal(err)
		}
		if o.Trace.StarlarkCalls != stats.UserCalls {
			b.Fatalf("%d calls, generated %d", o.Trace.StarlarkCalls, stats.UserCalls)
		}
	}
}
