// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/retained"
)

const example = `
headroom = "10%"

[build]
live_heap = "1.5g"
memory_limit = "3g"

[each]
function = "50m"

[[function]]
name = "traverse_impl"
file = "memory/eat.bzl"
retained = "200 MiB"
why = "the index of all locks"

[[function]]
name = "_impl"
retained = "60m"
`

func parsed(t *testing.T, text string) *Budget {
	t.Helper()
	f, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestParse(t *testing.T) {
	t.Parallel()
	f := parsed(t, example)
	want := &Budget{Headroom: .1, Functions: []HolderBudget{{"traverse_impl", "memory/eat.bzl", 200 << 20, "the index of all locks"}, {Name: "_impl", Retained: 60 << 20}}}
	want.Build.LiveHeap, want.Build.MemoryLimit, want.Each.Function = 3<<29, 3<<30, 50<<20
	if diff := cmp.Diff(want, f); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(f, parsed(t, string(f.Text()))); diff != "" {
		t.Errorf("what it writes reads otherwise: %s", diff)
	}
	for text, wrong := range map[string]string{
		"[build]\nlive_hep = \"3g\"":      "build.live_hep is not known",
		"[build]\nlive_heap = \"3x\"":     "is not a size",
		"[build]\nlive_heap = \"0\"":      "allows nothing",
		"headroom = \"10\"":               "is not a share",
		"headroom = ":                     "line 1",
		"[[function]]\nretained = \"1m\"": "has no name",
		"[[function]]\nname = \"f\"":      "f has no retained",
		strings.Repeat("[[function]]\nname=\"f\"\nretained=\"1m\"\n", 2): "is there twice",
	} {
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), wrong) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want %q", text, err, wrong)
		}
	}
}

func held(owners ...heap.RetainedOwner) retained.Set {
	r := heap.Retained{Owners: owners}
	for _, o := range owners {
		if o.Kind != "provider_field" {
			r.LiveBytes += o.RetainedBytes
		}
	}
	return retained.One(r)
}

func function(name, file string, mib int64) heap.RetainedOwner {
	return heap.RetainedOwner{Kind: "function", Name: name, File: file, Line: 3, RetainedBytes: mib << 20, Objects: 1}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	s := held(function("traverse_impl", "memory/eat.bzl", 201), function("traverse_impl", "other.bzl", 49), function("_impl", "a.bzl", 61), function("_impl", "b.bzl", 10), function("free", "a.bzl", 51))
	s.Limit = &retained.NeededLimit{Bytes: 3 << 30, LowBytes: 2 << 30, HighBytes: 4 << 30}
	var got []string
	for _, l := range parsed(t, example).Check(s).Lines {
		got = append(got, fmt.Sprintf("%s %s %s %t %t %t", l.Kind, l.Name, l.File, l.Broken, l.Each, l.Loose))
	}
	want := []string{
		"function free a.bzl true true false",
		"function _impl a.bzl true false false",
		"function traverse_impl memory/eat.bzl true false false",
		"function traverse_impl other.bzl false true false",
		"memory_limit   false false false", // 2g of 3g is certain, 4g is not
		"live_heap   false false true",
		"function _impl b.bzl false false true",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	s.Limit = nil
	if r := parsed(t, example).Check(s); len(r.Unknown) != 1 || !strings.Contains(r.Unknown[0], "memory_limit") {
		t.Errorf("%q", r.Unknown)
	}
	s.Limit = &retained.NeededLimit{Bytes: 4 << 30, LowBytes: 3<<30 + 1, HighBytes: 5 << 30}
	if r := parsed(t, "[build]\nmemory_limit = \"3g\"").Check(s); len(r.Broken()) != 1 {
		t.Errorf("a limit that is certainly too high: %+v", r)
	}
}

// TestRenew: the build keeps the budget that is written from it, which is the
// same if it is written again, keeps notes and drops what is small by now.
func TestRenew(t *testing.T) {
	t.Parallel()
	old := parsed(t, example)
	s := held(function("traverse_impl", "memory/eat.bzl", 300), function("fresh", "a.bzl", 70), function("_impl", "a.bzl", 2),
		heap.RetainedOwner{Kind: "provider_field", Name: "I.x", File: "a.bzl", Line: 9, RetainedBytes: 90 << 20, Objects: 1},
		heap.RetainedOwner{Kind: "provider_field", Name: "I.x", File: "a.bzl", Line: 19, RetainedBytes: 80 << 20, Objects: 1})
	s.Limit = &retained.NeededLimit{Bytes: 3 << 30, LowBytes: 2 << 30, HighBytes: 4 << 30}
	made := old.Renew(s)
	if broken := made.Check(s).Broken(); len(broken) > 0 {
		t.Errorf("the build breaks its own budget: %+v", broken)
	}
	if diff := cmp.Diff(string(made.Text()), string(made.Renew(s).Text())); diff != "" {
		t.Errorf("written again it is another: %s", diff)
	}
	want := []HolderBudget{{"traverse_impl", "memory/eat.bzl", 330 << 20, "the index of all locks"}, {Name: "fresh", File: "a.bzl", Retained: 77 << 20}}
	if diff := cmp.Diff(want, made.Functions); diff != "" {
		t.Error(diff)
	}
	if len(made.Fields) != 1 || made.Fields[0].Retained != 99<<20 || made.Each.Function != 50<<20 || made.Each.ProviderField == 0 {
		t.Errorf("%+v", made)
	}
	if first := new(Budget).Renew(s); first.Headroom != usualHeadroom || first.Empty() {
		t.Errorf("the first budget: %+v", first)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(example)
	f.Add("[[function]]\nname = \"a\\u0001\\\"b\"\nretained = \"1k\"")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Parse([]byte(text))
		if err != nil {
			return
		}
		again, err := Parse(file.Text())
		if err != nil {
			t.Fatalf("what it writes cannot be read: %v\n%s", err, file.Text())
		}
		if diff := cmp.Diff(file, again); diff != "" {
			t.Errorf("what it writes reads otherwise: %s", diff)
		}
	})
}
