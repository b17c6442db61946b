// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func row(kind, name string, bytes, nodes int64) Owner {
	return Owner{Kind: kind, Name: name, RetainedBytes: bytes, Objects: bytes / 10, Nodes: nodes}
}

func TestRetained(t *testing.T) {
	t.Parallel()
	impl := row("function", "eat_impl /w/a/eat.bzl:3", 600, 7)
	impl.Function = &Function{Name: "eat_impl", Place: Place{File: "/w/a/eat.bzl", Line: 3}}
	top := row("function", "<toplevel> //a:c.bzl", 0, 1)
	top.Function, top.Objects = &Function{Name: toplevel, Module: "//a:c.bzl"}, 1
	field := row("field", "EatInfo.rows made at /w/a/eat.bzl:9", 500, 7)
	field.Made = &Place{File: "/w/a/eat.bzl", Line: 9}
	s := &Summary{Owners: &Owners{LiveBytes: 1000, Views: []View{
		{By: "function", Rows: []Owner{impl, row("bzl", "//a:b.bzl", 100, 1), top, row("skyframe", "FILE", 50, 4), row(KindBazel, "Bazel itself", 200, 0), row(KindShared, "held by several of these", 50, 0), row("function", "none", 0, 0)}},
		{By: "implementation", Rows: []Owner{row("rule", "eat", 600, 7), row("skyframe", "FILE", 50, 4)}},
		{By: "field", Rows: []Owner{field, row(KindBazel, "Bazel itself", 500, 0)}},
	}}}
	r, ok := s.Retained()
	if !ok {
		t.Fatal("not known")
	}
	r = r.RelativeTo("/w")
	var sum int64
	for _, o := range r.Owners {
		switch o.Kind {
		case "function", "bzl", "package", KindBazel, KindShared:
			sum += o.RetainedBytes
		}
	}
	if sum != r.LiveBytes {
		t.Errorf("the column by function adds up to %d, want %d", sum, r.LiveBytes)
	}
	want := []RetainedOwner{
		{Kind: "function", Name: "eat_impl", File: "a/eat.bzl", Line: 3, Targets: 7, RetainedBytes: 600, Objects: 60},
		{Kind: "bzl", Name: "//a:b.bzl", Targets: 1, RetainedBytes: 100, Objects: 10},
		{Kind: "bzl", Name: "//a:c.bzl", Targets: 1, Objects: 1},
		{Kind: KindBazel, Name: "Bazel itself", RetainedBytes: 250, Objects: 25},
		{Kind: KindShared, Name: "held by several of these", RetainedBytes: 50, Objects: 5},
		{Kind: "rule", Name: "eat", Targets: 7, RetainedBytes: 600, Objects: 60},
		{Kind: "provider_field", Name: "EatInfo.rows", File: "a/eat.bzl", Line: 9, Targets: 7, RetainedBytes: 500, Objects: 50},
	}
	if diff := cmp.Diff(want, r.Owners); diff != "" {
		t.Error(diff)
	}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	again, err := ReadRetained(strings.NewReader(string(text)))
	if diff := cmp.Diff(r, again); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if _, ok := (&Summary{}).Retained(); ok {
		t.Error("known without owners")
	}
}

func TestReadRetainedRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "{}", "[]", `{"schema":1}`, `{"schema":1,"owners":{"views":[]}}`, "noise"} {
		if _, err := ReadRetained(strings.NewReader(text)); !errors.Is(err, ErrNotRetained) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := ReadRetained(strings.NewReader(`{"schema":9,"owners":[]}`)); err == nil || !strings.Contains(err.Error(), "newer") {
		t.Errorf("a later schema: %v", err)
	}
}
