// SPDX-License-Identifier: Apache-2.0

package retained

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.invalid/starlark-memls/internal/bazel/heap"
)

func owner(kind, name, file string, line int, bytes int64) heap.RetainedOwner {
	return heap.RetainedOwner{Kind: kind, Name: name, File: file, Line: line, Targets: 10, RetainedBytes: bytes, Objects: 5}
}

func set(builds ...[]heap.RetainedOwner) Set {
	var s Set
	for _, owners := range builds {
		r := heap.Retained{Schema: 1, Owners: owners}
		for _, o := range owners {
			r.LiveBytes += o.RetainedBytes
		}
		s.Builds = append(s.Builds, Build{AtEnd: true, Retained: r})
	}
	return s
}

type owners = []heap.RetainedOwner

func TestCompare(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	for _, tt := range []struct {
		name          string
		before, after Set
		want          []string // verdict kind name file:line before>after
	}{
		{"lines move", set(owners{owner("function", "f", "a.bzl", 3, mib)}), set(owners{owner("function", "f", "a.bzl", 30, 2*mib)}),
			[]string{"grew function f a.bzl:30 1048576>2097152"}},
		{"equal but for lines", set(owners{owner("function", "f", "a.bzl", 3, mib)}), set(owners{owner("function", "f", "a.bzl", 30, mib)}), nil},
		{"a name in two files", set(owners{owner("function", "_impl", "a.bzl", 3, mib), owner("function", "_impl", "b.bzl", 3, mib)}),
			set(owners{owner("function", "_impl", "a.bzl", 3, mib), owner("function", "_impl", "b.bzl", 3, 3*mib)}),
			[]string{"grew function _impl b.bzl:3 1048576>3145728"}},
		{"a field of two lines, in their order", set(owners{owner("provider_field", "I.x", "a.bzl", 9, 2*mib), owner("provider_field", "I.x", "a.bzl", 3, mib)}),
			set(owners{owner("provider_field", "I.x", "a.bzl", 4, mib), owner("provider_field", "I.x", "a.bzl", 12, 5*mib)}),
			[]string{"grew provider_field I.x a.bzl:12 2097152>5242880"}},
		{"one line more: they count together", set(owners{owner("provider_field", "I.x", "a.bzl", 9, 2*mib)}),
			set(owners{owner("provider_field", "I.x", "a.bzl", 9, 2*mib), owner("provider_field", "I.x", "a.bzl", 40, mib)}),
			[]string{"grew provider_field I.x a.bzl:9 2097152>3145728"}},
		{"another checkout", set(owners{owner("function", "f", "/old/a/x.bzl", 3, mib)}), set(owners{owner("function", "f", "/new/a/x.bzl", 3, 2*mib)}),
			[]string{"grew function f /new/a/x.bzl:3 1048576>2097152"}},
		{"not another file of the name of which there are two", set(owners{owner("function", "f", "/old/a/x.bzl", 3, mib), owner("function", "f", "/old/b/x.bzl", 3, mib)}),
			set(owners{owner("function", "f", "/new/a/x.bzl", 3, 2*mib)}),
			[]string{"new function f /new/a/x.bzl:3 0>2097152", "gone function f /old/a/x.bzl:3 1048576>0", "gone function f /old/b/x.bzl:3 1048576>0"}},
		{"new and gone", set(owners{owner("rule", "old", "", 0, mib)}), set(owners{owner("aspect", "fresh", "", 0, 100<<10)}),
			[]string{"gone rule old :0 1048576>0", "new aspect fresh :0 0>102400"}},
		{"what equal builds differ by", set(owners{owner("function", "f", "a.bzl", 3, 1000), owner("bazel", "Bazel itself", "", 0, 20*mib)}),
			set(owners{owner("function", "f", "a.bzl", 3, 1100), owner("bazel", "Bazel itself", "", 0, 20*mib+100<<10)}),
			[]string{"noise bazel Bazel itself :0 20971520>21073920", "noise function f a.bzl:3 1000>1100"}},
		{"a mean within what its own builds differ by", set(owners{owner("function", "f", "a.bzl", 3, mib)}, owners{owner("function", "f", "a.bzl", 3, 3*mib)}),
			set(owners{owner("function", "f", "a.bzl", 3, 3*mib)}), []string{"noise function f a.bzl:3 2097152>3145728"}},
		{"a holder that one build lacks", set(owners{owner("function", "f", "a.bzl", 3, mib)}, nil), set(owners{owner("function", "f", "a.bzl", 3, mib)}),
			[]string{"noise function f a.bzl:3 524288>1048576"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, c := range Compare(tt.before, tt.after).Changes {
				got = append(got, fmt.Sprintf("%s %s %s %s:%d %d>%d", c.Verdict, c.Kind, c.Name, c.File, c.Line, c.Before.Bytes, c.After.Bytes))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestCompareAddsUp: whatever is paired with what, the growth of all holders
// of the column by function is that of the heap.
func TestCompareAddsUp(t *testing.T) {
	t.Parallel()
	before := set(owners{owner("function", "f", "a.bzl", 1, 100000), owner("function", "f", "a.bzl", 7, 70000), owner("function", "g", "x/b.bzl", 1, 5000), owner("bazel", "Bazel itself", "", 0, 900)})
	after := set(owners{owner("function", "f", "a.bzl", 2, 350000), owner("function", "g", "y/b.bzl", 1, 5), owner("shared", "held by several", "", 0, 12345)})
	c := Compare(before, after)
	var growth int64
	for _, change := range c.Changes {
		growth += change.Growth()
	}
	if growth != c.Live.Growth() {
		t.Errorf("the holders grew by %d, the heap by %d", growth, c.Live.Growth())
	}
	back := Compare(after, before)
	if back.Live.Growth() != -c.Live.Growth() || len(back.Changes) != len(c.Changes) {
		t.Errorf("backwards it is %+v", back)
	}
}

func TestChangeInJSON(t *testing.T) {
	t.Parallel()
	c := Compare(set(owners{owner("function", "f", "a.bzl", 3, 1<<20)}), set(owners{owner("function", "f", "a.bzl", 4, 2<<20)})).Changes[0]
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"kind":"function"`, `"line":4`, `"before_bytes":1048576`, `"after_bytes":2097152`, `"targets_change":0`, `"objects_change":0`, `"verdict":"grew"`, `"noise_bytes":256`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
}
