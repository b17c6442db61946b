// SPDX-License-Identifier: Apache-2.0

package retained

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.invalid/starlark-memls/internal/bazel/heap"
)

func TestCompareViews(t *testing.T) {
	t.Parallel()
	summary := func(a, b, strings int64) *heap.Summary {
		s := &heap.Summary{Owners: &heap.Owners{Views: []heap.View{{By: "target", Rows: []heap.Owner{{Kind: "target", Name: "//a", RetainedBytes: a, Objects: 1}}}}},
			Histogram: []heap.HistogramSummary{{Class: "java.lang.String", Instances: 3, Bytes: strings}}}
		if b > 0 {
			s.Owners.Views[0].Rows = append(s.Owners.Views[0].Rows, heap.Owner{Kind: "target", Name: "//b", RetainedBytes: b, Objects: 2})
		}
		return s
	}
	want := []ViewChange{
		{By: "target", Kind: "target", Name: "//b", After: 500, Objects: 2},
		{By: "target", Kind: "target", Name: "//a", Before: 10, After: 7},
	}
	if diff := cmp.Diff(want, CompareViews(summary(10, 0, 9), summary(7, 500, 9))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if same := CompareViews(summary(1, 2, 3), summary(1, 2, 3)); len(same) > 0 {
		t.Errorf("a dump differs from itself: %v", same)
	}
}
