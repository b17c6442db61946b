// SPDX-License-Identifier: Apache-2.0

package report

import (
	"strings"
	"testing"

	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/retained"
)

// heapsOf are two heaps: f grew by 10 %, its field with it, tiny doubled, Bazel
// itself changed by noise.
func heapsOf() *retained.Comparison {
	of := func(f, tiny, bazel int64) retained.Set {
		s := retained.One(heap.Retained{LiveBytes: f + tiny + bazel, Owners: []heap.RetainedOwner{
			{Kind: "function", Name: "f", File: "a.bzl", Line: 3, Targets: 100, RetainedBytes: f, Objects: 9},
			{Kind: "provider_field", Name: "I.x", File: "a.bzl", Line: 9, Targets: 100, RetainedBytes: f, Objects: 9},
			{Kind: "function", Name: "tiny", File: "b.bzl", Line: 1, Targets: 1, RetainedBytes: tiny, Objects: 9},
			{Kind: "bazel", Name: "Bazel itself", RetainedBytes: bazel, Objects: 9},
		}})
		return s
	}
	c := retained.Compare(of(100<<20, 1000, 20<<20), of(110<<20, 2000, 20<<20+1000))
	c.A.Limit = &retained.NeededLimit{Bytes: 2 << 30, LowBytes: 1900 << 20, HighBytes: 2100 << 20}
	c.B.Limit = &retained.NeededLimit{Bytes: 3 << 30, LowBytes: 2900 << 20, HighBytes: 3200 << 20}
	return c
}

func TestHeldBetweenHeaps(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		condition string
		want      string // what holds, "" for nothing
	}{
		{"retained_bytes>+5%", "a.bzl:3, f, holds 110 MiB, 10 MiB more than before (+10 %)"},
		{"retained_bytes>+10%", ""},
		{"retained_bytes>=+10%", "f"},
		{"retained_bytes>+9m", "f"},
		{"retained_bytes>+10m", ""},
		{"retained_bytes>105m", "a.bzl:3, f, holds 110 MiB"},
		{"retained_bytes>200m", ""},
		{"live_bytes>+5%", "the live heap holds 130 MiB"},
		{"live_bytes>+9%", ""},
		{"live_bytes>0.1g", "the live heap"},
		{"live_bytes<1g", "the live heap"},
		{"limit>2g", "the build needs 3 GiB (2.83 GiB to 3.12 GiB), before 2 GiB"},
		{"limit>2.9g", ""}, // the interval spans it
		{"limit>+30%", "the build needs"},
		{"limit>+40%", ""}, // 2900 is not 40 % more than 2100
		{"limit>+700m", "the build needs"},
	} {
		conditions, err := ParseConditions(tt.condition, true)
		if err != nil {
			t.Errorf("%s: %v", tt.condition, err)
			continue
		}
		held := HeldBetween(conditions, &ComparisonJSON{Heaps: heapsOf()}, Options{})
		switch {
		case tt.want == "" && len(held) == 0:
		case tt.want == "" || len(held) != 1 || !strings.Contains(held[0].Text, tt.want) || !strings.HasPrefix(held[0].Text, tt.condition+": "):
			t.Errorf("%s: %q, want %q", tt.condition, held, tt.want)
		}
	}
	for condition, wrong := range map[string]string{
		"live_bytes>3g": "use it with", "limit>+5%": "use it with", "retained_bytes>5%": "write a change as +20%", "limit<+5%": "with > or >=", "limit>+5m%": "write a change",
	} {
		if _, err := ParseConditions(condition, condition == "retained_bytes>5%" || strings.Contains(wrong, "write") || strings.Contains(wrong, "with >")); err == nil || !strings.Contains(err.Error(), wrong) {
			t.Errorf("%s: %v, want %q", condition, err, wrong)
		}
	}
	if _, err := ParseConditions("retained_bytes>=200m", false); err != nil {
		t.Errorf("a size in report: %v", err)
	}
}

func TestComparisonProblems(t *testing.T) {
	t.Parallel()
	conditions, err := ParseConditions("retained_bytes>+5%,live_bytes>0.1g", true)
	if err != nil {
		t.Fatal(err)
	}
	c := &ComparisonJSON{Heaps: heapsOf()}
	set := ComparisonProblems(c, HeldBetween(conditions, c, Options{}), Options{})
	var got []string
	for _, p := range set.Problems {
		got = append(got, p.Rule+" "+p.Severity.String()+" "+p.Place.File+" "+p.Subject)
	}
	want := "fail-on error a.bzl retained_bytes of f\nfail-on error  live_bytes of live_bytes\ngrown warning a.bzl I.x"
	if text := strings.Join(got, "\n"); text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}
