// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/rogpeppe/go-internal/txtar"

	"example.invalid/starlark-memls/internal/filecache"
)

// openStandIn compiles a stand-in (testdata/NAME.txtar with common.txtar), has
// it dump its heap, and opens the dump.
func openStandIn(t testing.TB, name string) *Dump { return openStandInWith(t, name) }

func openStandInWith(t testing.TB, name string, flags ...string) *Dump {
	t.Helper()
	dir := t.TempDir()
	var sources []string
	for _, archive := range []string{"common", name} {
		a, err := txtar.ParseFile(filepath.Join("testdata", archive+".txtar"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range a.Files {
			path := filepath.Join(dir, f.Name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, f.Data, 0o644); err != nil {
				t.Fatal(err)
			}
			sources = append(sources, path)
		}
	}
	run := func(command string, args ...string) {
		if out, err := exec.Command(command, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v (a JDK must be on PATH for this test)\n%s", command, err, out)
		}
	}
	run("javac", append([]string{"-encoding", "UTF-8", "-nowarn", "-XDignore.symbol.file", "-d", dir}, sources...)...)
	dump := filepath.Join(dir, name+".hprof")
	for i := range flags {
		flags[i] = strings.ReplaceAll(flags[i], "DUMP", dump)
	}
	run("java", append(flags, "-Xmx200m", "-cp", dir, "Scene", dump)...)
	h, err := Open(context.Background(), dump, OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

func analyze(t *testing.T, h *Dump) *Analysis {
	t.Helper()
	a, err := h.Analyze(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range a.Owners.Views {
		var sum int64
		for _, r := range v.Rows {
			sum += r.RetainedBytes
		}
		if sum != a.Owners.LiveBytes {
			t.Errorf("by %s the rows add up to %d bytes of %d", v.By, sum, a.Owners.LiveBytes)
		}
	}
	return a
}

// described is a thread without what differs from run to run.
func described(t Thread) []string {
	out := []string{fmt.Sprintf("%s evaluates %s %s %s", t.Name, t.Owner.Kind, t.Owner.Label, t.Owner.Aspect)}
	for _, f := range t.Frames {
		out = append(out, fmt.Sprintf("%s %s at %s", f.Function.Name, f.Function.Module, f.Place))
		for _, l := range f.Locals {
			preview := l.Preview
			if len(preview) > 60 {
				preview = preview[:40] + "…"
			}
			name := l.Name
			if l.Comprehension {
				name += " in a comprehension"
			}
			if l.CapturedBy != "" {
				name += " captured by " + l.CapturedBy
			}
			length := int64(-1)
			if l.Length != nil {
				length = *l.Length
			}
			out = append(out, fmt.Sprintf("  %s: %s %d %s", name, l.Type, length, preview))
		}
	}
	return out
}

func TestBazel6(t *testing.T) {
	t.Parallel()
	h := openStandIn(t, "bazel6")
	a := analyze(t, h)
	if len(a.Threads) != 1 || len(h.Warnings()) > 0 {
		t.Fatalf("%d threads, warnings %q", len(a.Threads), h.Warnings())
	}
	want := []string{
		"skyframe-evaluator-0 evaluates configured target //cpu:lock_19 ",
		"write  at ",
		"_eat_impl //memory:eat.bzl at /ws/memory/eat.bzl:20",
		"  ctx: ctx -1 ctx of //cpu:lock_19",
		`  text: string 100000 "ttttttttttttttttttttttttttttttttttttttt…`,
		`  seen: dict 2 {"a": 1, "b": ("x", "y")}`,
	}
	if diff := cmp.Diff(want, described(a.Threads[0])); diff != "" {
		t.Errorf("thread (-want +got):\n%s", diff)
	}
	if got := *a.Threads[0].Frames[1].Locals[1].RetainedBytes; got < 100_000 || got > 100_100 {
		t.Errorf("text retains %d bytes", got)
	}
	// Ten texts of 300,000 characters.
	function := a.Owners.View("function").Rows[0]
	if function.Name != "_eat_impl /ws/memory/eat.bzl:7" || !near(function.RetainedBytes, 3_100_000, 0.01) || function.Nodes != 10 {
		t.Errorf("heaviest function: %+v", function)
	}
	field := a.Owners.View("field").Rows[0]
	if field.Provider != "EatInfo" || field.Field != "text" || field.Made.Line != 30 || !near(field.RetainedBytes, 3_000_000, 0.01) {
		t.Errorf("heaviest field: %+v", field)
	}
	if target := a.Owners.View("target"); len(target.Rows) < 11 {
		t.Errorf("targets: %+v", target.Rows)
	}
}

func near(got, want int64, share float64) bool {
	d := float64(got - want)
	return max(d, -d) <= share*float64(want)
}

func TestBazel9(t *testing.T) {
	t.Parallel()
	h := openStandIn(t, "bazel9")
	a := analyze(t, h)
	if len(a.Threads) != 1 || len(h.Warnings()) > 0 {
		t.Fatalf("%d threads, warnings %q", len(a.Threads), h.Warnings())
	}
	want := []string{
		"skyframe-evaluator-0 evaluates aspect //cpu:lock_19 //memory:eat.bzl%eat_aspect",
		"_aspect_impl //memory:eat.bzl at /ws/memory/eat.bzl:22",
		`  compact: dict 12 {"key0": 0, "key1": 1, "key2": 2, "key3": 3, …8 more}`,
		`  one: tuple 1 ("only",)`,
		`  set: set 2 set(["m1", "m2"])`,
		`  files: depset 1 depset(1 direct, 1 transitive, depth 200)`,
		`  frozen: list 3 ["p", "q", "r"]`,
		`  i: int -1 7`,
		`  i in a comprehension: int -1 99`,
		`  add: function -1 <function add from /ws/memory/eat.bzl:4>`,
		`  hoard captured by add: list 1 ["hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh…`,
	}
	if diff := cmp.Diff(want, described(a.Threads[0])); diff != "" {
		t.Errorf("thread (-want +got):\n%s", diff)
	}
	aspect := a.Owners.View("implementation")
	row := aspect.Rows[0]
	for _, r := range aspect.Rows {
		if r.Kind == "aspect" {
			row = r
		}
	}
	if row.Name != "//memory:eat.bzl%eat_aspect" || row.Function == nil || row.Function.Name != "_aspect_impl" || !near(row.RetainedBytes, 3_500_000, 0.01) || row.Nodes != 10 {
		t.Errorf("aspect: %+v", row)
	}
	if field := a.Owners.View("field").Rows[1]; field.Name != "EatInfo.text" || !near(field.RetainedBytes, 3_000_000, 0.01) {
		t.Errorf("heaviest field: %+v", field)
	}
	kinds := map[string]string{}
	for _, f := range a.Findings {
		if _, ok := kinds[f.Kind]; !ok {
			kinds[f.Kind] = f.Message
		}
	}
	wantKinds := map[string]string{
		BigString:    "a string of 2,000,000 characters",
		EqualStrings: "60 equal strings of 60,000 characters",
		FewDistinct:  "1 list or tuple of 10,000 elements or more, at most 3 of them distinct in each: 781 KiB",
		CopiedList:   "the same list of 5,000 elements was copied 60 times",
		FileWrites:   "1 action of ctx.actions.write with 1.91 MiB of contents, which stay until and after they have run",
	}
	if diff := cmp.Diff(wantKinds, kinds); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func TestBazel8(t *testing.T) {
	t.Parallel()
	h := openStandIn(t, "bazel8")
	a := analyze(t, h)
	want := []string{
		"skyframe-evaluator-0 evaluates macro //cpu:lock:1 ",
		"_macro_impl //memory:eat.bzl at /ws/memory/eat.bzl:22",
		`  info: EatInfo -1 EatInfo(compile_flags = "flags", files =…`,
		`  other: EatInfo -1 EatInfo()`,
	}
	if diff := cmp.Diff(want, described(a.Threads[0])); diff != "" {
		t.Errorf("thread (-want +got):\n%s", diff)
	}
	if w := h.Warnings(); len(w) != 1 || !strings.Contains(w[0], "StarlarkInfoOfAnotherKind has no field with values") {
		t.Errorf("warnings: %q", w)
	}
}

// TestUnwinding is about threads whose own error was on its way out when the
// dump was made for another's.
func TestUnwinding(t *testing.T) {
	t.Parallel()
	h := openStandInWith(t, "unwinding", "-XX:+HeapDumpOnOutOfMemoryError", "-XX:HeapDumpPath=DUMP")
	a := analyze(t, h)
	if failed, ok := h.FailedThread(); !ok || failed.Name != "Notification Thread" {
		t.Errorf("failed: %+v", failed)
	}
	var got []string
	for _, thread := range a.Threads {
		line := fmt.Sprintf("%s %v %s:", thread.Name, thread.Failed, thread.Unwinding)
		for _, f := range thread.Frames {
			line += fmt.Sprintf(" %s:%d", f.Function.Name, f.Place.Line)
		}
		got = append(got, line)
	}
	want := []string{
		"skyframe-evaluator-0 false leaving: _helper:62 _eat_impl:20",
		"skyframe-evaluator-1 false left: _lost_helper:51 _lost_impl:33",
		"skyframe-evaluator-2 false : _popped:93 _caller:71",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("threads (-want +got):\n%s", diff)
	}
	if limit, ok := h.HeapLimitBytes(); !ok || limit != 200<<20 {
		t.Errorf("the heap's limit: %d", limit)
	}
	if w := h.Warnings(); len(w) != 1 || !strings.Contains(w[0], "of the heap's 209,715,200 bytes were alive") {
		t.Errorf("warnings: %q", w)
	}
}

func TestStrangeShapes(t *testing.T) {
	t.Parallel()
	h := openStandIn(t, "strange")
	if len(h.Threads()) != 0 || len(h.Warnings()) == 0 || !strings.Contains(h.Warnings()[0], "callstack") {
		t.Errorf("threads %v, warnings %q", h.Threads(), h.Warnings())
	}
	if a := analyze(t, h); a.Owners.LiveBytes == 0 {
		t.Error("nothing is alive")
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	h := openStandIn(t, "bazel6")
	if s := h.Summary(SummaryOptions{}); s.Owners != nil || len(s.Threads) != 1 || s.Threads[0].Frames[1].Locals[1].RetainedBytes != nil {
		t.Error("a summary before the analysis knows owners")
	}
	analyze(t, h)
	s := h.Summary(SummaryOptions{Rows: 3, Previews: true})
	for _, v := range s.Owners.Views {
		var sum int64
		for _, r := range v.Rows {
			sum += r.RetainedBytes
		}
		if sum != s.Owners.LiveBytes {
			t.Errorf("shortened, the rows by %s add up to %d bytes of %d", v.By, sum, s.Owners.LiveBytes)
		}
	}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var back Summary
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, &back, cmpopts.IgnoreFields(Finding{}, "Preview"), cmpopts.IgnoreUnexported(Summary{})); diff != "" {
		t.Errorf("JSON and back (-want +got):\n%s", diff)
	}
	if plain, _ := json.Marshal(h.Summary(SummaryOptions{})); strings.Contains(string(plain), "tttt") {
		t.Error("contents of a string in a summary that was not asked for previews")
	}
	cache := t.TempDir()
	if err := s.Store(h.d.Path(), cache); err != nil {
		t.Fatal(err)
	}
	kept, ok := CachedSummary(h.d.Path(), cache)
	if text, _ := json.Marshal(kept); !ok || strings.Contains(string(text), "tttt") || len(kept.Threads) != 1 {
		t.Errorf("kept: %v %s", ok, text)
	}
	checkBounded(t, s, h.d.Path(), cache)
	s.Warnings = []string{
		fmt.Sprintf("who holds the memory is not known: reading %s again: damaged", h.d.Path()),
		"//memory:eat.bzl is not read, net.starlark.java.eval.StarlarkThread has no field \"callstack\"",
	}
	s.Threads = append(s.Threads, ThreadSummary{Name: "evaluating //memory:eat"})
	s.Failed = &FailedSummary{Name: "worker of lock_19", Frames: []JavaFrameSummary{{Method: "java.lang.Thread.run"}}}
	s.Findings = append(s.Findings, FindingSummary{Finding: Finding{Kind: SmallDicts, Count: 1200, Message: "1,200 dicts with the keys eat, lock", Builder: "rule eat", Field: "field EatInfo.text",
		Function: &Function{Name: "_eat_impl", Place: Place{File: "/ws/memory/eat.bzl", Line: 7}, Module: "//memory:eat.bzl"}, Made: &Place{File: "/ws/memory/eat.bzl", Line: 30}}})
	redacted, err := json.Marshal(s.Redact())
	if err != nil {
		t.Fatal(err)
	}
	text = []byte(strings.ReplaceAll(string(redacted), "who holds the memory", "")) // the sentence's own words
	for _, secret := range []string{"tttt", "eat", "lock", "memory", "/ws", "EatInfo", filepath.Dir(h.d.Path()), "bazel6"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("%q is in the redacted summary:\n%s", secret, text)
		}
	}
	for _, kept := range []string{"skyframe-evaluator-0", "net.starlark.java.eval.StarlarkThread has no field", "java.lang.Thread.run"} {
		if !strings.Contains(string(text), kept) {
			t.Errorf("%q is not in the redacted summary:\n%s", kept, text)
		}
	}
}

// checkBounded fills a cache with summaries of dumps long gone: the oldest go.
func checkBounded(t *testing.T, s *Summary, dump, cache string) {
	t.Helper()
	for i := range 2 * filecache.Summaries.Budget.Entries {
		name := filepath.Join(cache, fmt.Sprintf("%s%03d.json", filecache.Summaries.Prefix, i))
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		then := time.Now().Add(-time.Duration(i+1) * time.Hour)
		if err := os.Chtimes(name, then, then); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Store(dump, cache); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(cache, filecache.Summaries.Prefix+"*"))
	if err != nil || len(left) != filecache.Summaries.Budget.Entries {
		t.Errorf("%d summaries are kept, want %d (%v)", len(left), filecache.Summaries.Budget.Entries, err)
	}
	if _, ok := CachedSummary(dump, cache); !ok {
		t.Error("the newest summary is gone")
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	h := openStandIn(t, "strange")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := h.Analyze(ctx); err == nil {
		t.Error("a cancelled analysis succeeds")
	}
	analyze(t, h)
}
