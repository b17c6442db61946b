// SPDX-License-Identifier: Apache-2.0

package export

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/pprof/profile"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/gather"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/hprof/hproftest"
	"example.invalid/starlark-memls/starlark"
)

// made is the summary of a dump that is made: targets of one rule that hand lists
// on, and a running thread.
func made(t *testing.T, h hproftest.Heap) *heap.Summary {
	t.Helper()
	path := filepath.Join(t.TempDir(), "made.hprof")
	if err := h.Open().Save(path); err != nil {
		t.Fatal(err)
	}
	s, err := heap.Read(t.Context(), path, heap.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sources is a workspace in which what made() has lies on its lines.
func sources(t *testing.T, files map[string]string) *starlark.Workspace {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	ws, err := starlark.Load(context.Background(), root, starlark.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return ws
}

// TestHeapTotals holds the sums of every format to the live heap and to the rows of
// heap's tables.
func TestHeapTotals(t *testing.T) {
	t.Parallel()
	s := made(t, hproftest.Heap{Targets: 40, Strings: 5, Inherit: true, Local: 300})
	stacks := FromHeap(s, StackOptions{})
	if got := stacks.Total("retained"); got != s.Owners.LiveBytes {
		t.Errorf("the samples add up to %d bytes, the live heap to %d", got, s.Owners.LiveBytes)
	}
	if got := stacks.Total("objects"); got != s.Owners.ObjectCount {
		t.Errorf("the samples add up to %d objects, the live heap to %d", got, s.Owners.ObjectCount)
	}

	p := parsed(t, stacks)
	byRule, byTarget := map[string]int64{}, map[string]int64{}
	for _, sample := range p.Sample {
		byRule[strings.Join(sample.Label["rule"], "")] += sample.Value[0]
		byTarget[strings.Join(sample.Label["target"], "")] += sample.Value[0]
	}
	for _, row := range s.Owners.View("implementation").Rows {
		if row.Kind == "rule" && byRule[row.Name] != row.RetainedBytes {
			t.Errorf("rule %s: %d bytes in pprof, %d in heap", row.Name, byRule[row.Name], row.RetainedBytes)
		}
	}
	for _, row := range s.Owners.View("target").Rows {
		if row.Kind == "target" && byTarget[row.Name] != row.RetainedBytes {
			t.Errorf("%s: %d bytes in pprof, %d in heap", row.Name, byTarget[row.Name], row.RetainedBytes)
		}
	}

	var folded bytes.Buffer
	if err := WriteFolded(&folded, stacks, ""); err != nil {
		t.Fatal(err)
	}
	var sum int64
	for line := range strings.SplitSeq(strings.TrimSpace(folded.String()), "\n") {
		n, err := strconv.ParseInt(line[strings.LastIndexByte(line, ' ')+1:], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	if sum != s.Owners.LiveBytes {
		t.Errorf("the folded lines add up to %d", sum)
	}
	if err := WriteFolded(io.Discard, stacks, "colour"); err == nil || !strings.Contains(err.Error(), "retained, own, objects") {
		t.Errorf("an unknown measure: %v", err)
	}

	var text bytes.Buffer
	if err := WriteSpeedscope(&text, stacks); err != nil {
		t.Fatal(err)
	}
	var file speedscopeFile
	if err := json.Unmarshal(text.Bytes(), &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Profiles) != 3 || file.Profiles[0].End != s.Owners.LiveBytes || len(file.Profiles[0].Weights) != len(file.Profiles[0].Samples) {
		t.Errorf("speedscope: %d profiles", len(file.Profiles))
	}
}

func parsed(t *testing.T, s *Stacks) *profile.Profile {
	t.Helper()
	var b bytes.Buffer
	if err := WritePprof(&b, s); err != nil {
		t.Fatal(err)
	}
	p, err := profile.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.CheckValid(); err != nil {
		t.Error(err)
	}
	return p
}

// TestRetained holds the export of a retained.json to its live heap, rules of
// unknown functions counted once.
func TestRetained(t *testing.T) {
	t.Parallel()
	for _, h := range []hproftest.Heap{{Targets: 10, Strings: 4}, {Targets: 3, Strings: 4, Inherit: true, Local: 100}} {
		r, ok := made(t, h).Retained()
		if !ok {
			t.Fatal("no owners")
		}
		if got := FromRetained(r, "kept", StackOptions{}).Total("retained"); got != r.LiveBytes {
			t.Errorf("%d bytes of %d", got, r.LiveBytes)
		}
	}
}

// TestReportTotals holds the export of a report to its table.
func TestReportTotals(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "examples", "memory-eater")
	evidence, err := gather.Paths(t.Context(), []string{filepath.Join(root, "measurements")}, observe.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ws, err := starlark.Load(t.Context(), root, starlark.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r := attribution.Conclude(t.Context(), evidence.Observations, ws, attribution.ConcludeOptions{})
	s := FromReport(r, "memory-eater", StackOptions{Root: ws.Root(), Sources: ws})
	for _, column := range reportMeasures {
		want := int64(0)
		for i := range r.Suspects {
			if n, ok := r.Suspects[i].Evidence.Number(attribution.MeasureOf(column.id)); ok {
				want += int64(n)
			}
		}
		if got := s.Total(column.name); got != want || want == 0 && column.name == "self_time" {
			t.Errorf("%s: %d, in the report %d", column.name, got, want)
		}
	}
	if got := s.Total("crashes"); got != int64(len(r.Crashes)) || got == 0 {
		t.Errorf("%d crashes, in the report %d", got, len(r.Crashes))
	}
	p := parsed(t, s)
	found := false
	for _, f := range p.Function {
		found = found || f.Name == "traverse_impl" && f.Filename == "memory/eat.bzl" && f.StartLine > 0
	}
	if !found {
		t.Error("traverse_impl has no place")
	}
}

// TestGoToolPprof opens what is written in the real pprof: the table, the lines of
// the sources, the difference of two.
func TestGoToolPprof(t *testing.T) {
	t.Parallel()
	ws := sources(t, map[string]string{"MODULE.bazel": "", "docs/defs.bzl": "DocsInfo = provider()\n\ndef _docs_impl(ctx):\n    rows = [1]\n    return [DocsInfo(rows = rows)]\n\ndocs = rule(implementation = _docs_impl)\n"})
	function := &heap.Function{Name: "_docs_impl", Place: heap.Place{File: "/srv/build/app/docs/defs.bzl", Line: 3}}
	summary := func(bytes int64) *heap.Summary {
		return &heap.Summary{Dump: "java_pid1.hprof", Owners: &heap.Owners{LiveBytes: bytes + 1<<20, ObjectCount: 3, Views: []heap.View{
			{By: "target", Rows: []heap.Owner{{Kind: "target", Name: "//docs:a"}, {Kind: heap.KindBazel, Name: "Bazel itself"}}},
			{By: "implementation", Rows: []heap.Owner{{Kind: "rule", Name: "docs", Function: function}, {Kind: heap.KindBazel, Name: "Bazel itself"}}},
			{By: "file", Rows: []heap.Owner{{Kind: "file", Name: "docs/defs.bzl"}, {Kind: heap.KindBazel}}},
			{By: "function", Rows: []heap.Owner{{Kind: "function", Name: "_docs_impl", Function: function}, {Kind: heap.KindBazel}}},
			{By: "field", Rows: []heap.Owner{{Kind: "field", Provider: "DocsInfo", Field: "rows", Made: &heap.Place{File: "/srv/build/app/docs/defs.bzl", Line: 5}}, {Kind: heap.KindBazel}}},
		}, Cells: []heap.Cell{{RetainedBytes: bytes, Objects: 2}, {Rows: [5]int32{1, 1, 1, 1, 1}, RetainedBytes: 1 << 20, Objects: 1}}}}
	}
	var files []string
	for i, bytes := range []int64{8 << 20, 24 << 20} {
		s := FromHeap(summary(bytes), StackOptions{Root: ws.Root(), Sources: ws})
		path := filepath.Join(t.TempDir(), fmt.Sprint(i, ".pb.gz"))
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := WritePprof(f, s); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		files = append(files, path)
	}
	pprof := func(args ...string) string {
		c := exec.CommandContext(t.Context(), "go", append([]string{"tool", "pprof"}, args...)...)
		c.Dir = ws.Root()
		c.Env = append(os.Environ(), "PPROF_TMPDIR="+t.TempDir())
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("pprof %q: %v\n%s", args, err, out)
		}
		return string(out)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-top", files[0]}, `(?m)^ +8MB .* 8MB .* DocsInfo.rows$`},
		{[]string{"-top", files[0]}, `(?m)^ +0 .* 8MB .* _docs_impl$`},
		{[]string{"-top", "-tagleaf=target", files[0]}, `(?m)^ +8MB .* //docs:a`},
		{[]string{"-list", "_docs_impl", files[0]}, `(?m)\. +8MB +5: +return \[DocsInfo\(rows = rows\)\]$`},
		{[]string{"-top", "-sample_index=objects", files[0]}, `of 3 total`},
		{[]string{"-top", "-diff_base", files[0], files[1]}, `(?m)^ +16MB .* DocsInfo.rows$`},
	} {
		if got := pprof(c.args...); !regexp.MustCompile(c.want).MatchString(got) {
			t.Errorf("pprof %q has no %q:\n%s", c.args, c.want, got)
		}
	}
}

// TestRedact looks for every name in what is redacted.
func TestRedact(t *testing.T) {
	t.Parallel()
	s := &Stacks{Title: "secret-title", Comments: []string{"secret-comment"}, Measures: heapMeasures}
	stack := []int32{s.frame(StackFrame{KindRule, "rule secret-rule", "secret/f.bzl", 1, 1}), s.frame(StackFrame{Kind: KindTarget, Name: "//secret:t"}), s.frame(StackFrame{Kind: KindNobody, Name: "Bazel itself"})}
	s.Samples = []StackSample{{stack, []int64{7, 7, 1}, []Label{{"target", "//secret:t"}, {"crash", "secret.log"}, {"cause", "java_heap_space"}}}}
	for name, write := range map[string]func(io.Writer, *Stacks) error{"speedscope": WriteSpeedscope, "folded": func(w io.Writer, s *Stacks) error { return WriteFolded(w, s, "") },
		"pprof": func(w io.Writer, s *Stacks) error { return s.pprof().WriteUncompressed(w) }} {
		var plain, redacted bytes.Buffer
		if err := write(&plain, s); err != nil {
			t.Fatal(err)
		}
		if err := write(&redacted, s.Redact(NewRedactor())); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(plain.String(), "secret") || strings.Contains(redacted.String(), "secret") || !strings.Contains(redacted.String(), "Bazel itself") {
			t.Errorf("%s: %s", name, redacted.String())
		}
	}
}
