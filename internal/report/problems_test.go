// SPDX-License-Identifier: Apache-2.0

package report

import (
	"strings"
	"testing"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/join"
	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/problems"
)

// TestCrashesOfOneLineAreOneProblem: a code host shows a line once, whatever
// number of crashes there is, and the same problem in the next build.
func TestCrashesOfOneLineAreOneProblem(t *testing.T) {
	t.Parallel()
	crash := func(line int, target string) attribution.Crash {
		return attribution.Crash{Crash: join.Crash{Cause: "java_heap_space", Target: target, Threads: []attribution.Thread{
			{Frames: []attribution.Frame{{Function: "other", File: root + "/a.bzl", Line: 1}}},
			{Failed: true, Frames: []attribution.Frame{
				{Function: "write", File: "<builtin>"},
				{Function: "traverse_impl", File: root + "/memory/eat.bzl", Line: line, Column: 5},
				{Function: "outer", File: root + "/memory/eat.bzl", Line: 40},
			}},
		}}}
	}
	r := &attribution.Report{
		Crashes: []attribution.Crash{crash(11, "//a"), crash(11, "//b"), crash(9, "//a"), {Crash: join.Crash{Cause: "gc_thrashing"}}},
		Held:    []attribution.HeldLine{{Source: root + "/memory/eat.bzl", Line: 8, What: "EatInfo.text", Bytes: 3 << 20, LiveBytes: 4 << 20}},
	}
	set := Problems(r, options())
	var got []string
	for _, p := range set.Problems {
		got = append(got, strings.Join([]string{p.Rule, p.Severity.String(), p.Place.File, p.Message}, "|"))
	}
	want := []string{
		"ML001|error|memory/eat.bzl|Bazel ran out of memory here, in traverse_impl: the Java heap was full while evaluating //a. 1 other crash did the same; this is the newest.",
		"ML001|error|memory/eat.bzl|Bazel ran out of memory here, in traverse_impl: the Java heap was full while evaluating //a.",
		"crash|error||Bazel ran out of memory: Bazel gave up because garbage collection freed too little.",
		"ML007|warning|memory/eat.bzl|This line holds 3 MiB of the 4 MiB live heap (75 %) through EatInfo.text.",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if related := set.Problems[0].Related; len(related) != 2 || related[1].Place.Line != 40 || related[1].Message != "in outer" {
		t.Errorf("the failed thread's frames are %+v", related)
	}
	for _, p := range set.Problems {
		known := false
		for _, r := range set.Rules {
			known = known || r.ID == p.Rule && r.Help != ""
		}
		if !known {
			t.Errorf("%s has no rule with documentation", p.Rule)
		}
	}
}

func TestHeapProblems(t *testing.T) {
	t.Parallel()
	s := &heap.Summary{Dump: "java_pid1.hprof", Findings: []heap.FindingSummary{
		{Finding: heap.Finding{Kind: heap.TransitiveCopy, Bytes: 5 << 20, Saves: 4 << 20, Message: "lists that hold all of the lists below", Advice: "Give a depset.",
			Field: "field AuditInfo.records made at " + root + "/memory/eat.bzl:8", Function: &heap.Function{Name: "traverse_impl", Place: heap.Place{File: root + "/memory/eat.bzl", Line: 6}}, Made: &heap.Place{File: root + "/memory/eat.bzl", Line: 8}}, Preview: "secret"},
		{Finding: heap.Finding{Kind: heap.BigString, Bytes: 1 << 20, Message: "a string"}},
	}}
	set := HeapProblems(s, options())
	first, second := set.Problems[0], set.Problems[1]
	if first.Place != (problems.Place{File: "memory/eat.bzl", Line: 8}) || first.Subject != "traverse_impl, AuditInfo.records" || first.Severity != problems.Warning ||
		first.Message != "5 MiB: lists that hold all of the lists below. Give a depset." {
		t.Errorf("%+v", first)
	}
	if second.Severity != problems.Note || second.Place.File != "" {
		t.Errorf("%+v", second)
	}
	if set.Rules[0].Title != "Transitive copy" {
		t.Errorf("the rule is %+v", set.Rules[0])
	}
}
