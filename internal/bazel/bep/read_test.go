// SPDX-License-Identifier: Apache-2.0

package bep

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func recorded(t testing.TB) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	files := map[string][]byte{}
	for _, path := range paths {
		if files[path], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func read(t testing.TB, data []byte) *Build {
	t.Helper()
	b, err := Read(context.Background(), bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for path, data := range recorded(t) {
		got, err := json.MarshalIndent(read(t, data), "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		golden := strings.TrimSuffix(path, ".json") + ".golden"
		if *update {
			if err := os.WriteFile(golden, append(got, '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.TrimSpace(string(want)), string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}

func TestRecordedCrash(t *testing.T) {
	t.Parallel()
	b := read(t, recorded(t)["testdata/4.2.3-crash.json"])
	if b.MaxHeapBytes != 100<<20 || b.ServerPID != 22827 || b.Exit != nil || !b.LastMessage || b.Truncated != "" {
		t.Errorf("%+v", b)
	}
	if len(b.Aborted) == 0 || b.Aborted[0] != "OUT_OF_MEMORY" {
		t.Errorf("aborted %+v", b.Aborted)
	}
}

func TestNoEnvironmentIsKept(t *testing.T) {
	t.Parallel()
	for path, data := range recorded(t) {
		if !bytes.Contains(data, []byte("hunter2")) {
			t.Fatalf("%s has no secret to lose", path)
		}
		text, _ := json.Marshal(read(t, data))
		if bytes.Contains(text, []byte("hunter2")) || bytes.Contains(text, []byte("client_env")) {
			t.Errorf("%s: the environment was kept", path)
		}
	}
}

// Cut at every length, raw and compressed: every event wholly before the cut
// counts, and the loss is said.
func TestCut(t *testing.T) {
	t.Parallel()
	data := recorded(t)["testdata/4.2.3-pass.json"]
	for cut := 1; cut < len(data)-1; cut += 61 {
		b, err := Read(context.Background(), bytes.NewReader(data[:cut]))
		whole := bytes.Count(data[:cut], []byte("\n"))
		if whole == 0 {
			if err != nil && !errors.Is(err, ErrNotBEP) {
				t.Fatalf("cut at %d: %v", cut, err)
			}
			continue
		}
		// The cut line itself counts if only its end is missing.
		if err != nil || b.Events < whole || b.Events > whole+1 || b.Truncated == "" {
			t.Fatalf("cut at %d: %d events of %d, %q, %v", cut, b.Events, whole, b.Truncated, err)
		}
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write(data)
	_ = w.Close()
	for cut := 0; cut < packed.Len()-1; cut += 37 {
		b, err := Read(context.Background(), bytes.NewReader(packed.Bytes()[:cut]))
		if err != nil && !errors.Is(err, ErrNotBEP) || err == nil && b.Truncated == "" && cut < packed.Len()-8 {
			t.Fatalf("cut at %d: %q, %v", cut, b.Truncated, err)
		}
	}
	if b := read(t, packed.Bytes()); b.InvocationID == "" || b.Truncated != "" {
		t.Errorf("compressed: %+v", b)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]error{
		"\x0c\x0a\x06\x1a\x04\x0a\x02\x01\x02\x12\x02\x01\x02": ErrBinary,
		"hello\n":                    ErrNotBEP,
		`{"otherData":{}}` + "\n":    ErrNotBEP,
		`{"id":{"started":{}` + "\n": ErrNotBEP,
	} {
		if _, err := Read(context.Background(), strings.NewReader(text)); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
}

// An event of many megabytes is left out, in bounded memory, and said.
func TestLongEvent(t *testing.T) {
	t.Parallel()
	text := `{"id":{"started":{}},"started":{"uuid":"u"}}` + "\n" +
		`{"id":{"progress":{}},"progress":{"stderr":"` + strings.Repeat("x", maxLine) + `"}}` + "\n" +
		`{"id":{"buildFinished":{}},"lastMessage":true,"finished":{"exitCode":{"name":"OOM_ERROR","code":33}}}` + "\n"
	b := read(t, []byte(text))
	if b.Exit == nil || b.Exit.Code != 33 || !strings.Contains(b.Truncated, "longer than 32 MiB") {
		t.Errorf("%+v", b)
	}
}

// Newer versions' fields, in the form of the proto's JSON mapping.
func TestNewerMetrics(t *testing.T) {
	t.Parallel()
	b := read(t, []byte(`{"id":{"buildMetrics":{}},"lastMessage":true,"buildMetrics":{"memoryMetrics":{"usedHeapSizePostBuild":"7","peakPostGcHeapSize":"9","peakPostGcTenuredSpaceHeapSize":"8","garbageMetrics":[{"type":"G1 Eden Space","garbageCollected":"5"}]},`+
		`"packageMetrics":{"packageLoadMetrics":[{"name":"a","loadDuration":"0.002500s","numTargets":"3","computationSteps":"44"}]},`+
		`"buildGraphMetrics":{"builtValues":[{"skyfunctionName":"ASPECT","count":2}],"evaluatedValues":[{"skyfunctionName":"ASPECT","count":5}],"ruleClass":[{"key":"r","ruleClass":"r","count":"4","actionCount":"6"}]}}}`))
	want := &Memory{UsedHeapPostBuildBytes: 7, PeakPostGCHeapBytes: 9}
	if diff := cmp.Diff(want, b.Memory); diff != "" {
		t.Error(diff)
	}
	if b.Graph.Evaluated[0].Count-b.Graph.Built[0].Count != 3 || b.Graph.RuleClasses[0] != (RuleClass{"r", "r"}) {
		t.Errorf("%+v", b.Graph)
	}
}

func TestFailureDetail(t *testing.T) {
	t.Parallel()
	b := read(t, []byte(`{"id":{"buildFinished":{}},"lastMessage":true,"finished":{"exitCode":{"name":"OOM_ERROR","code":33},"failureDetail":{"message":"Crashed: (java.lang.OutOfMemoryError) Java heap space","crash":{"code":"CRASH_OOM","causes":[{"throwableClass":"java.lang.OutOfMemoryError","stackTrace":["<starlark>.f(/w/a.bzl:12)"]}]}}}}`))
	if b.Failure == nil || b.Failure.Crash == nil || fmt.Sprint(b.Failure.Crash.Causes[0].StackTrace) != "[<starlark>.f(/w/a.bzl:12)]" {
		t.Errorf("%+v", b.Failure)
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Read(ctx, bytes.NewReader(recorded(t)["testdata/4.2.3-pass.json"])); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func FuzzRead(f *testing.F) {
	for _, data := range recorded(f) {
		f.Add(data)
		f.Add(data[:len(data)/2])
	}
	f.Add([]byte(`{"id":{"targetCompleted":{}},"completed":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := Read(context.Background(), bytes.NewReader(data))
		if b == nil {
			t.Fatal("no build")
		}
		if err == nil && !b.LastMessage && b.Truncated == "" {
			t.Fatal("a stream without its end passes for whole")
		}
	})
}
