// SPDX-License-Identifier: Apache-2.0

package page

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	stdhtml "html"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/gather"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/export"
	"example.invalid/starlark-memls/internal/hprof/hproftest"
	"example.invalid/starlark-memls/internal/report"
	"example.invalid/starlark-memls/starlark"
)

func written(t *testing.T, p *Page) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, p); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	if strings.Contains(text, "ZgotmplZ") {
		t.Error("html/template has taken something out")
	}
	for _, m := range regexp.MustCompile(`(?i)(src|href)="([^"]*)"`).FindAllStringSubmatch(text, -1) {
		if m[2] != "" {
			t.Errorf("the page refers to %s", m[0])
		}
	}
	policy := regexp.MustCompile(`content="(default-src[^"]*)"`).FindStringSubmatch(text)
	if policy == nil || strings.Contains(policy[1], "unsafe") || !strings.HasPrefix(policy[1], "default-src 'none'") {
		t.Fatalf("the policy is %q", policy)
	}
	policy[1] = stdhtml.UnescapeString(policy[1])
	for _, part := range []struct{ what, from, to string }{{"style", "<style>", "</style>"}, {"script", "<script>", "</script>"}} {
		_, rest, ok := strings.Cut(text, part.from)
		body, _, closed := strings.Cut(rest, part.to)
		if want := hash(body); !ok || !closed || !strings.Contains(policy[1], part.what+"-src '"+want+"'") {
			t.Errorf("the policy %q does not allow the %s, %s", policy[1], part.what, want)
		}
	}
	return text
}

// drawn is the pictures' data on a page.
func drawn(t *testing.T, text string) []pictureData {
	t.Helper()
	_, rest, _ := strings.Cut(text, `<div hidden id="pictures">`)
	body, _, _ := strings.Cut(rest, "</div>")
	z, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(stdhtml.UnescapeString(body))))
	if err != nil {
		t.Fatal(err)
	}
	var all []pictureData
	if err := json.NewDecoder(z).Decode(&all); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestHeapPage holds the page of a heap to the heap: the icicle adds up to it.
func TestHeapPage(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "java_pid7.hprof")
	if err := (hproftest.Heap{Targets: 50, Strings: 4, Inherit: true, Local: 500}).Open().Save(path); err != nil {
		t.Fatal(err)
	}
	s, err := heap.Read(context.Background(), path, heap.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	text := written(t, FromHeap(s, export.StackOptions{}))
	all := drawn(t, text)
	sum := int64(0)
	for _, v := range all[0].Own[0] {
		sum += v
	}
	if len(all) != 1 || sum != s.Owners.LiveBytes {
		t.Errorf("%d pictures, the first of %d bytes, live %d", len(all), sum, s.Owners.LiveBytes)
	}
	for _, want := range []string{"<h1>Of a live heap of ", "rule eat holds", "EatInfo", "Retained by target", "//"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

// TestHolderSentence: what several hold together is not passed over for a rule that
// holds little.
func TestHolderSentence(t *testing.T) {
	t.Parallel()
	rows := []heap.Owner{{Kind: heap.KindBazel, Name: "Bazel itself", RetainedBytes: 60 << 20, Objects: 1}, {Kind: heap.KindShared, Name: "held by several of these", RetainedBytes: 30 << 20, Objects: 1}, {Kind: "rule", Name: "docs", RetainedBytes: 10 << 20, Objects: 1}}
	fields := []heap.Owner{{Kind: heap.KindBazel}, {Kind: "field", Name: "DocsInfo.text", Provider: "DocsInfo", Field: "text", Made: &heap.Place{File: "docs/defs.bzl", Line: 7}}}
	s := &heap.Summary{Owners: &heap.Owners{LiveBytes: 100 << 20, Views: []heap.View{{By: "target"}, {By: "implementation", Rows: rows}, {By: "file"}, {By: "function"}, {By: "field", Rows: fields}}}}
	cell := func(implementation, field int32, bytes int64) heap.Cell {
		return heap.Cell{Rows: [5]int32{heap.NoRow, implementation, heap.NoRow, heap.NoRow, field}, RetainedBytes: bytes}
	}
	s.Owners.Cells = []heap.Cell{cell(0, 0, 60<<20), cell(1, 1, 28<<20), cell(1, 0, 2<<20), cell(2, 0, 10<<20)}
	const want = "Of a live heap of 100 MiB, several rules, aspects or files together hold 30 MiB (30 %), 28 MiB of it through DocsInfo.text, made at docs/defs.bzl:7."
	if got := holderSentence(s, export.StackOptions{}); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	s.Owners.Views[1].Rows = rows[:1]
	if got := holderSentence(s, export.StackOptions{}); got != "Of a live heap of 100 MiB, no rule or aspect holds anything." {
		t.Error(got)
	}
}

// TestReportPage is the page of the recorded example, whole and redacted.
func TestReportPage(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs(filepath.Join("..", "..", "examples", "memory-eater"))
	if err != nil {
		t.Fatal(err)
	}
	evidence, err := gather.Paths(t.Context(), []string{filepath.Join(root, "measurements")}, observe.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ws, err := starlark.Load(t.Context(), root, starlark.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r := attribution.Conclude(t.Context(), evidence.Observations, ws, attribution.ConcludeOptions{})
	o := ReportOptions{StackOptions: export.StackOptions{Root: root, Sources: ws}, Report: report.Options{Root: root}}
	text := written(t, FromReport(t.Context(), r, o))
	for _, want := range []string{"<h1>memory/eat.bzl:55, traverse_impl, most likely ran Bazel out of memory", "<h2>First suspect: <code>traverse_impl</code></h2>", "<td>Self time</td>"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if all := drawn(t, text); len(all) != 3 || all[0].Timeline == nil || len(all[0].Timeline.Spans) == 0 || len(all[0].Timeline.Pauses) == 0 || !slices.ContainsFunc(all[0].Timeline.Marks, func(m markData) bool { return m.Name == "the server died: java_heap_space" }) {
		t.Errorf("%d pictures", len(all))
	}
	o.Redactor = export.NewRedactor()
	secret := written(t, FromReport(t.Context(), r, o))
	packed, err := json.Marshal(drawn(t, secret))
	if err != nil {
		t.Fatal(err)
	}
	secret += string(packed)
	for _, name := range []string{"traverse", "allocate_impl", "eat.bzl", "memory-eater", "//cpu", root} {
		if strings.Contains(secret, name) {
			t.Errorf("the redacted page tells %s", name)
		}
	}
	if !strings.Contains(secret, "<h1>function-") || len(drawn(t, secret)) != 3 {
		t.Error("the redacted page lacks its sentence or pictures")
	}
}

// TestHostile: no name becomes markup, and no name ends the data.
func TestHostile(t *testing.T) {
	t.Parallel()
	const evil = `</script><script>alert(1)</script><img src=x onerror=alert(2)>"'` + "`"
	s := &export.Stacks{Measures: []export.ValueType{{Name: evil, Unit: "bytes", Meaning: evil}}}
	s.Frames = []export.StackFrame{{Kind: evil, Name: evil, File: evil}}
	s.Samples = []export.StackSample{{Stack: []int32{0}, Values: []int64{1}}}
	text := written(t, &Page{Title: evil, About: evil, Sentence: evil, Facts: []string{evil}, Markdown: "# " + evil + "\n\n[x](javascript:alert(3))\n",
		Pictures: []Picture{{Title: evil, Note: evil, Tree: s.Tree(10)}}, Tables: []Table{{Title: evil, Note: evil, Columns: []Column{{Title: evil}}, Rows: [][]Cell{{{Text: evil, Place: evil}}}}}})
	for _, bad := range []string{"<script>alert", "<img", "javascript:"} {
		if strings.Contains(text, bad) {
			t.Errorf("the page has %s", bad)
		}
	}
	if n := strings.Count(text, "</script>"); n != 1 {
		t.Errorf("%d scripts end", n)
	}
	if got := drawn(t, text); got[0].Frames[0].Name != evil {
		t.Errorf("the name became %q", got[0].Frames[0].Name)
	}
}

// TestSize holds a page with the most nodes to its bound.
func TestSize(t *testing.T) {
	t.Parallel()
	text := written(t, large())
	if all := drawn(t, text); len(all[0].Parents) != maxNodes {
		t.Errorf("%d nodes", len(all[0].Parents))
	}
	const most = 3 << 20
	if len(text) > most {
		t.Errorf("%d bytes of HTML", len(text))
	}
	t.Logf("%d nodes in %d bytes of HTML", maxNodes, len(text))
}

// large is a page with more nodes than are shown.
func large() *Page {
	s := &export.Stacks{Measures: []export.ValueType{{Name: "retained", Unit: "bytes"}, {Name: "own", Unit: "bytes"}, {Name: "objects", Unit: "count"}}}
	numbers := map[export.StackFrame]int32{}
	frame := func(f export.StackFrame) int32 {
		if _, ok := numbers[f]; !ok {
			numbers[f] = int32(len(s.Frames))
			s.Frames = append(s.Frames, f)
		}
		return numbers[f]
	}
	for rule := range 30 {
		for target := range 2000 {
			bytes := int64(1000 + (target*7919+rule*104729)%200_000)
			s.Samples = append(s.Samples, export.StackSample{Values: []int64{bytes, bytes / 2, bytes / 40}, Stack: []int32{
				frame(export.StackFrame{Kind: export.KindRule, Name: fmt.Sprint("rule number_", rule), File: "rules/defs.bzl", Line: rule}),
				frame(export.StackFrame{Kind: export.KindFunction, Name: fmt.Sprint("_impl_", rule)}),
				frame(export.StackFrame{Kind: export.KindField, Name: fmt.Sprint("Info.field_", target%7)}),
				frame(export.StackFrame{Kind: export.KindTarget, Name: fmt.Sprintf("//some/package/of/the/workspace_%d:target_%d", rule, target)})}})
		}
	}
	return &Page{Title: "large", Sentence: "A large heap.", Pictures: []Picture{heapPicture(s)}}
}
