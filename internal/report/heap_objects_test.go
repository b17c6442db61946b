// SPDX-License-Identifier: Apache-2.0

package report

import (
	"io"
	"testing"

	"example.invalid/starlark-memls/internal/bazel/heap"
)

func TestObjectGoldens(t *testing.T) {
	t.Parallel()
	number := func(n int64) *int64 { return &n }
	list := heap.Object{ID: 0xc0ffee8, Type: "list", Class: "net.starlark.java.eval.StarlarkList", Length: number(40), ShallowBytes: 24, RetainedBytes: number(2 << 20),
		Target: heap.KindBazel, Rule: "eat", Function: "_eat_impl /srv/build/memory-eater/pkg/eat.bzl:7", Preview: "[\"a\",\x1b[31m \"b\", …38 more]"}
	text := heap.Object{ID: 0xc0ffee0, Type: "string", Class: "java.lang.String", Length: number(7), ShallowBytes: 24, RetainedBytes: number(48), Target: heap.KindShared, Rule: heap.KindBazel}
	array := heap.Object{ID: 0xc0ffe00, Type: "Object[]", Class: "java.lang.Object[]", ShallowBytes: 176, RetainedBytes: number(3 << 20), Target: "//pkg:a", Provider: "EatInfo.records made at /srv/build/memory-eater/pkg/eat.bzl:21", Function: "f"}
	options := Options{Root: "/srv/build/memory-eater"}
	inspected := &heap.Inspection{Object: list, Held: "strong", Dominator: &array, ReferrerCount: 3, NextReference: 1,
		Alive:      &heap.Path{Root: "Java frame", Steps: []heap.PathStep{{ID: 64, Class: "java.lang.Object[]", Bytes: 176}, {ID: list.ID, Class: list.Class, Through: "[1]", Bytes: 24}}},
		References: []heap.Reference{{Through: "[0]", Object: text}}, Referrers: []heap.Reference{{Through: "[1]", Object: array}}}
	alone := *inspected
	alone.Dominator, alone.Alive, alone.NextReference, alone.ReferrerCount, alone.Referrers, alone.References = nil, nil, 0, 0, nil, nil
	for name, write := range map[string]func(io.Writer) error{
		"heap-objects.txt": func(w io.Writer) error {
			return WriteHeapObjectsText(w, &heap.ObjectList{Matched: 31, ShallowBytes: 5 << 10, Objects: []heap.Object{list, text, array}, More: true}, options)
		},
		"heap-objects.json": func(w io.Writer) error {
			return WriteHeapObjectsJSON(w, &heap.ObjectList{Matched: 1, ShallowBytes: 24, Objects: []heap.Object{list}})
		},
		"heap-object.txt":       func(w io.Writer) error { return WriteHeapObjectText(w, inspected, options) },
		"heap-object-alone.txt": func(w io.Writer) error { return WriteHeapObjectText(w, &alone, options) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, name, written(t, write))
		})
	}
}
