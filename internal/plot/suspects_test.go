// SPDX-License-Identifier: Apache-2.0

package plot

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/internal/bazel/trace"
	"example.invalid/starlark-memls/starlark"
)

// a report of three: one beyond chance, one with an open interval, one of
// which nothing is known.
func suspects() *attribution.Report {
	at := &starlark.Definition{File: "/srv/ws/memory/eat.bzl"}
	at.NameRange.Start.Line = 55
	return &attribution.Report{Suspects: []attribution.Suspect{
		{Rank: 1, Name: "traverse_impl", Definition: at, Verdict: attribution.Sure, Score: .93, Evidence: attribution.Evidence{
			attribution.Crashes.Is(5), attribution.ActiveAtCrash.Is(5), attribution.ExpectedActive.Is(.6), attribution.QValue.Is(.001),
			attribution.Overrepresentation.Is(5).Within(4.1, 8.3), attribution.GCRateRatio.Is(2.4).Within(1.4, 4.1),
		}},
		{Rank: 2, Name: "spin_impl", Verdict: attribution.NotKnown, Score: .1, Evidence: attribution.Evidence{
			attribution.Crashes.Is(5), attribution.ActiveAtCrash.Is(2), attribution.ExpectedActive.Is(1.9), attribution.QValue.Is(.7),
			attribution.Overrepresentation.Is(1.04).Within(0, 9000),
		}},
		{Rank: 3, Name: "quiet_impl"},
	}}
}

func TestReportPictures(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		show    string
		want    []string
		classes map[string]int
	}{
		{"suspects", []string{"1  traverse_impl", "memory/eat.bzl:55", "sure, score 0.93", "2  spin_impl", "3  quiet_impl", "ratio; 1 is no difference"}, nil},
		{"activity", []string{"1 traverse_impl, sure", "2 spin_impl", "sure or likely by all evidence", "active in, of 5 crashes", "crashes expected by its share of time"}, nil},
	} {
		t.Run(tt.show, func(t *testing.T) {
			t.Parallel()
			picture, err := kindOf(t, tt.show).Report(suspects())
			if err != nil {
				t.Fatal(err)
			}
			labels, classes := document(t, picture.SVG())
			for _, want := range tt.want {
				if !slices.Contains(labels, want) {
					t.Errorf("it lacks %q; it has %q", want, labels)
				}
			}
			if tt.show == "activity" && (classes["f-red"] != 2 || classes["s-blue"] != 2) { // its legend and one point each
				t.Errorf("%d marks beyond chance, want %d: one point and the legend's", classes["f-red"], 2)
			}
			if tt.show == "activity" && slices.Contains(labels, "quiet_impl") {
				t.Error("what was never compared is drawn")
			}
		})
	}
}

func TestReportWithoutRatios(t *testing.T) {
	t.Parallel()
	empty := &attribution.Report{Suspects: []attribution.Suspect{{Rank: 1, Name: "f"}}}
	for show, want := range map[string]error{"suspects": ErrNoRatios, "activity": ErrNoActivity} {
		if _, err := kindOf(t, show).Report(empty); !errors.Is(err, want) {
			t.Errorf("%s of nothing: %v", show, err)
		}
	}
}

// Each kind is drawn of its own subject and of no other.
func TestKinds(t *testing.T) {
	t.Parallel()
	for _, k := range Kinds() {
		if found := kindOf(t, k.Show); found.What != k.What {
			t.Errorf("%s leads to %q", k.Show, found.What)
		}
		_, ofReport := k.Report(&attribution.Report{})
		_, ofProfile := k.OpenProfile(t.Context(), filepath.Join(t.TempDir(), "none"))
		if refused := strings.Contains(fmt.Sprint(ofReport), "not a plot of a report"); refused == (k.Of == OfReport) {
			t.Errorf("%s of a report: %v", k.Show, ofReport)
		}
		if refused := strings.Contains(fmt.Sprint(ofProfile), "not a plot of a profile"); refused == (k.Of == OfProfile) {
			t.Errorf("%s of a profile: %v", k.Show, ofProfile)
		}
	}
	if _, err := KindOf("pie"); err == nil || !strings.Contains(err.Error(), "gc-difference") {
		t.Errorf("a picture that there is not: %v", err)
	}
}

func kindOf(t *testing.T, word string) Kind {
	t.Helper()
	k, err := KindOf(word)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestThreads: only the end is kept, threads stand by who ended last, and each
// call and collection is one polygon.
func TestThreads(t *testing.T) {
	t.Parallel()
	w := newCallWindow()
	event := func(thread int64, name string, start, end int64) {
		w.add(&trace.Event{Category: trace.CategoryStarlarkCall, Name: name, Phase: 'X', Thread: thread, StartMicros: start, DurationMicros: end - start, HasDuration: true})
	}
	for i := range int64(3000) { // far before the end
		event(7, "early", i*1000, i*1000+900)
	}
	event(8, "inner", 20e6, 21e6)
	event(8, "outer", 19e6, 22e6)
	event(9, "last", 15e6, 23e6)
	w.add(&trace.Event{Category: trace.CategoryStarlarkBuiltin, Name: "print", HasDuration: true, StartMicros: 23e6})
	p := &Profile{Name: "68m-1", Calls: w.calls(), LastMicros: 23.5e6, Collections: []trace.Collection{
		{Kind: trace.MajorGC, StartMicros: 22e6, DurationMicros: 5e5},
		{Kind: trace.MinorGC, StartMicros: 1e6, DurationMicros: 5e5}, // before
	}}
	picture, err := Threads(p)
	if err != nil {
		t.Fatal(err)
	}
	labels, classes := document(t, picture.SVG())
	all := strings.Join(labels, "\n")
	for _, want := range []string{"Starlark and collections before the end: 68m−1", "last", "outer", "inner"} {
		if !strings.Contains(strings.ReplaceAll(all, "-", "−"), want) {
			t.Errorf("it lacks %q; it has %q", want, labels)
		}
	}
	if strings.Contains(all, "early") {
		t.Error("calls from before the last ten seconds are drawn")
	}
	if at8, at9 := slices.Index(labels, "8"), slices.Index(labels, "9"); at8 < 0 || at9 < at8 { // ticks run upwards
		t.Errorf("the thread that ended last does not stand first: %q", labels)
	}
	if classes["f-red"] != 2 { // the legend and one collection
		t.Errorf("%d red marks, want 2", classes["f-red"])
	}
	for i := range int64(3 * keptCalls) {
		event(9, "many", 23e6+i, 23e6+i+1)
	}
	if len(w.calls()) > keptCalls+1 || w.calls()[len(w.calls())-1].Name != "many" {
		t.Errorf("%d calls are kept of many", len(w.calls()))
	}
	if _, err := Threads(&Profile{}); !errors.Is(err, ErrNoCalls) {
		t.Errorf("a profile without Starlark: %v", err)
	}
}

// TestActivityAsReported: a function that the report blames is drawn as blamed,
// though activity alone does not tell it from chance.
func TestActivityAsReported(t *testing.T) {
	t.Parallel()
	r := suspects()
	r.Suspects[0].Verdict = attribution.Likely
	for i, v := range r.Suspects[0].Evidence {
		if v.Measure == attribution.QValue {
			r.Suspects[0].Evidence[i].Number = .37
		}
	}
	picture, err := kindOf(t, "activity").Report(r)
	if err != nil {
		t.Fatal(err)
	}
	labels, classes := document(t, picture.SVG())
	if !slices.Contains(labels, "1 traverse_impl, likely") || classes["f-red"] != 2 {
		t.Errorf("%q, %d red marks", labels, classes["f-red"])
	}
}
