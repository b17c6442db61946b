// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/join"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/retained"
	"example.invalid/starlark-memls/starlark"
)

var update = flag.Bool("update", false, "write the table of the page anew")

func TestCanonical(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"memory/eat.bzl": "@//memory:eat.bzl%f", "eat.bzl": "@//:eat.bzl%f", "./a/b/c.bzl": "@//a/b:c.bzl%f",
		"external/rules_x/go/def.bzl":                               "@rules_x//go:def.bzl%f",
		"/home/ada/.cache/bazel/ab/external/rules_x~1.2/go/def.bzl": "@rules_x//go:def.bzl%f",
		"/srv/ob/external/rules_x++ext+repo/def.bzl":                "@rules_x//:def.bzl%f",
		"/home/ada/secret/eat.bzl":                                  "@?//:eat.bzl%f",
		`C:\Users\ada\eat.bzl`:                                      "@?//:eat.bzl%f",
		"../other/eat.bzl":                                          "@?//:eat.bzl%f",
		"":                                                          "?%f",
	} {
		if got := canonical(file, "f"); got != want {
			t.Errorf("%s: %s, want %s", file, got, want)
		}
	}
}

func TestStackHash(t *testing.T) {
	t.Parallel()
	walk, impl := signatureFrame{"a/x.bzl", "_walk"}, signatureFrame{"a/x.bzl", "_impl"}
	one := stackHash([]signatureFrame{walk, impl})
	if again := stackHash([]signatureFrame{walk, walk, walk, {"external/bazel_skylib~1.5/lib/paths.bzl", "join"}, impl}); again != one || one == "" {
		t.Errorf("recursion and a library make %s of %s", again, one)
	}
	if other := stackHash([]signatureFrame{{"a/y.bzl", "_walk"}, impl}); other == one {
		t.Error("another function has the same hash")
	}
	if stackHash(nil) != "" {
		t.Error("no stack has a hash")
	}
}

// Signatures are kept for years: what is written here is what they were.
func TestSignaturesStay(t *testing.T) {
	t.Parallel()
	_, _, _, got := signatures("java_heap_space", canonical("memory/eat.bzl", "traverse_impl"), "TraversedInfo.text", stackHash([]signatureFrame{{"memory/eat.bzl", "traverse_impl"}}))
	const want = "v1/java_heap_space/@//memory:eat.bzl%traverse_impl/TraversedInfo.text/27b79ff973cb"
	if got != want {
		t.Errorf("%s, want %s: if that is meant, SignatureVersion changes too", got, want)
	}
}

// canary is in everything that a crash has and a row must not.
const canary = "canary7f3a"

func secretive() BuildFacts {
	definition := func(file, name string) *starlark.Definition {
		return &starlark.Definition{Name: name, File: "/src/app/" + file, Kind: starlark.Function}
	}
	impl, other := definition("a/x.bzl", "_impl"), definition("b/y.bzl", "_impl")
	utilisation := .8
	r := &attribution.Report{
		Measurements: []observe.Summary{{
			Path: "/home/" + canary + "/ob", Series: canary, Run: canary, MemoryLimitBytes: 1 << 30, Status: measurement.OutOfMemory, GCKnown: true, GCCount: 7, DurationMicros: 9e6,
			Utilisation: &utilisation, BazelVersion: "8.1.0 " + canary, InvocationID: "53e0eb48-2b03-4388-9466-" + canary, Warnings: []string{canary},
			Ended: time.Date(2026, 12, 1, 23, 59, 0, 0, time.FixedZone("x", -3600)),
		}},
		Suspects: []attribution.Suspect{{Name: "_impl", Verdict: attribution.Likely}},
		Crashes: []attribution.Crash{
			{Crash: join.Crash{Path: "1", Cause: "java_heap_space", Message: canary, Target: "//" + canary + ":t", Aspect: "//" + canary + ":a.bzl%a", InvocationID: canary, HeapDump: "/" + canary + ".hprof", Log: canary,
				Threads: []attribution.Thread{{Failed: true, Name: canary, Target: canary, Statement: canary, Frames: []attribution.Frame{
					{Function: "write", File: "<builtin>", Locals: []observe.Local{}},
					{Function: "_impl", File: "/home/" + canary + "/checkout/a/x.bzl", Source: "/src/app/a/x.bzl", Locals: []observe.Local{{Name: canary, Type: canary}}},
					{Function: "_impl", File: "/home/" + canary + "/checkout/a/x.bzl", Source: "/src/app/a/x.bzl"}}}}}},
			{Crash: join.Crash{Path: "2", Cause: "gc_thrashing"}, Inferred: &attribution.Suspect{Name: "_impl", Verdict: attribution.Possible,
				Posterior: []attribution.Candidate{{Definition: impl, Probability: .3}, {Definition: other, Probability: .6}}}, InferredWhy: canary},
			{Crash: join.Crash{Path: "3", Cause: "server_died"}},
		},
		Held: []attribution.HeldLine{{Crash: "4", What: canary, File: canary}},
	}
	return BuildFacts{Report: r, Root: "/src/app", Project: "app", Commit: "abc", Now: time.Unix(0, 0),
		Record: &measurement.Record{Command: []string{"bazel", canary}, Heap: &measurement.HeapRecord{PeakBytes: 5, PausedMicros: 6, DyingWhy: canary}},
		Heap: retained.Set{Measured: 1, Warnings: []string{canary}, Builds: []retained.Build{{Path: "/" + canary, Retained: heap.Retained{LiveBytes: 99, Owners: []heap.RetainedOwner{
			{Kind: "function", Name: "_impl", File: "/src/app/a/x.bzl", Line: 3, Targets: 2, RetainedBytes: 50, Objects: 4},
			{Kind: "function", Name: "_far", File: "/home/" + canary + "/z.bzl", Line: 3, RetainedBytes: 10, Objects: 1},
			{Kind: "package", Name: "//" + canary, RetainedBytes: 20, Objects: 2}, {Kind: "package", Name: "//" + canary + "/b", RetainedBytes: 21, Objects: 2},
		}}}}}}
}

// TestNoSecrets: nothing of the environment, flags, labels, contents or the
// machine's paths gets into a row.
func TestNoSecrets(t *testing.T) {
	t.Parallel()
	rows := FromSource(secretive())
	text, err := json.Marshal(rows)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), canary) {
		t.Errorf("a secret is in the rows: %s", text)
	}
	dir := t.TempDir()
	files, size, err := Write(dir, rows)
	if err != nil || len(files) != 4 || size > 16<<10 {
		t.Fatalf("%d files of %d bytes: %v", len(files), size, err)
	}
	for _, path := range files {
		written, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(written, []byte(canary)) || strings.Contains(path, canary) {
			t.Errorf("a secret is in %s", path)
		}
	}
}

func TestFromSource(t *testing.T) {
	t.Parallel()
	rows := FromSource(secretive())
	b := rows.Build
	if b.InvocationID != "" || b.BazelVersion != "" || !b.Crashed || *b.GCCount != 7 || *b.LiveBytes != 99 || b.NeededBytes != nil {
		t.Errorf("%+v", b)
	}
	var crashes, suspects []string
	for _, c := range rows.Crashes {
		crashes = append(crashes, fmt.Sprintf("%s %s %t", c.CrashID[17:], c.Signature, c.OneSuspect))
	}
	sums := map[string]float64{}
	for _, s := range rows.Suspects {
		suspects = append(suspects, fmt.Sprintf("%s %.1f %s %s", s.CrashID[17:], s.Probability, s.ByWhat, s.Verdict))
		sums[s.CrashID] += s.Probability
	}
	for id, sum := range sums {
		if sum < .999 || sum > 1.001 {
			t.Errorf("the probabilities of %s add up to %g", id, sum)
		}
	}
	if diff := cmp.Diff([]string{
		"0 v1/java_heap_space/@//a:x.bzl%_impl/write/2a964de9f1b0 true", "1 v1/gc_thrashing/@//b:y.bzl%_impl/?/? false", "2 v1/server_died/?/?/? true",
	}, crashes); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{
		"0 1.0 v1/java_heap_space/@//a:x.bzl%_impl/write likely",
		"1 0.6 v1/gc_thrashing/@//b:y.bzl%_impl/? possible", "1 0.3 v1/gc_thrashing/@//a:x.bzl%_impl/? possible", "1 0.1 v1/gc_thrashing/?%_impl/? unknown",
		"2 1.0 v1/server_died/?/? likely",
	}, suspects); diff != "" {
		t.Error(diff)
	}
	if o := rows.Owners[1]; len(rows.Owners) != 3 || o.Name != "all packages" || o.RetainedBytes != 41 || rows.Owners[0].Culprit != "@//a:x.bzl%_impl" || rows.Owners[2].Culprit != "@?//:z.bzl%_far" {
		t.Errorf("%+v", rows.Owners)
	}
}

// TestHelperOnTheStack: the culprit is whom the report puts first, and not a
// helper that was running.
func TestHelperOnTheStack(t *testing.T) {
	t.Parallel()
	s := secretive()
	r := s.Report
	r.Crashes = r.Crashes[:1]
	frames := &r.Crashes[0].Threads[0].Frames
	*frames = append([]attribution.Frame{{Function: "pad", File: "/src/app/lib/text.bzl"}}, (*frames)[1:]...)
	r.Suspects[0].Definition = &starlark.Definition{Name: "_impl", File: "/src/app/a/x.bzl"}
	const impl, helper = "@//a:x.bzl%_impl", "@//lib:text.bzl%pad"
	if got := FromSource(s).Suspects; len(got) != 1 || got[0].Culprit != impl || got[0].Probability != 1 || got[0].Verdict != "likely" {
		t.Errorf("%+v", got)
	}
	r.Suspects[0].Verdict = attribution.NotKnown
	if got := FromSource(s).Suspects; got[0].Culprit != helper || got[0].Verdict != "unknown" {
		t.Errorf("of a report that names nobody: %+v", got)
	}
}

// TestWrite: what is written is read again, in the folder of its date, and the
// same build's rows replace those of an earlier run.
func TestWrite(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rows := FromSource(secretive())
	for range 2 {
		if _, _, err := Write(dir, rows); err != nil {
			t.Fatal(err)
		}
	}
	again := rows
	again.Suspects = nil
	if _, _, err := Write(dir, again); err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(dir, "v1", "*", "*", "*"))
	if err != nil || len(found) != 3 {
		t.Fatalf("%q, %v", found, err)
	}
	path := filepath.Join(dir, "v1", "crashes", "date=2026-12-02", rows.Build.BuildID+".parquet")
	read, err := parquet.ReadFile[CrashRow](path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(rows.Crashes, read); diff != "" {
		t.Error(diff)
	}
}

// TestSchemaPage: the page has each column as it is written.
func TestSchemaPage(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, table := range []struct {
		name string
		row  any
	}{{"builds", BuildRow{}}, {"crashes", CrashRow{}}, {"suspects", Suspect{}}, {"owners", OwnerRow{}}} {
		fmt.Fprintf(&b, "### %s\n\n| column | type | |\n|---|---|---|\n", table.name)
		of := reflect.TypeOf(table.row)
		for i := range of.NumField() {
			f := of.Field(i)
			name, options, _ := strings.Cut(f.Tag.Get("parquet"), ",")
			kind := strings.TrimPrefix(f.Type.String(), "*")
			switch {
			case strings.Contains(options, "timestamp"):
				kind = "timestamp"
			case kind == "bool":
				kind = "boolean"
			case kind == "float64":
				kind = "double"
			}
			if strings.Contains(options, "optional") {
				kind += ", or null"
			}
			doc := f.Tag.Get("doc")
			if doc == "" {
				t.Errorf("%s.%s is not documented", table.name, name)
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", name, kind, doc)
		}
		b.WriteString("\n")
	}
	path := filepath.Join("..", "..", "docs", "fleet.md")
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- schema: go test ./internal/fleet -run TestSchemaPage -update -->\n", "<!-- end of schema -->"
	head, rest, ok := strings.Cut(string(page), begin)
	old, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatal("the page has no place for the columns")
	}
	if *update {
		if err := os.WriteFile(path, []byte(head+begin+b.String()+end+tail), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(old, b.String()); diff != "" {
		t.Errorf("the page is out of date; run go test ./internal/fleet -run TestSchemaPage -update (-page +now):\n%s", diff)
	}
}
