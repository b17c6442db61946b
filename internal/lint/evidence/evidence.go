// SPDX-License-Identifier: Apache-2.0

// Package evidence says what was measured in the terms that findings of the
// memory checks can be joined with.
package evidence

import (
	"cmp"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/lint"
	"example.invalid/starlark-memls/starlark"
)

// New is evidence that says nothing yet.
func New() *lint.Evidence {
	return &lint.Evidence{Fields: map[string]lint.Bill{}, Functions: map[string]lint.Bill{}}
}

// add takes a bill in; where there is one already, the larger stays.
func add(to map[string]lint.Bill, name string, b lint.Bill) {
	old := to[name]
	b.RetainedBytes, b.AllocatedBytes = max(b.RetainedBytes, old.RetainedBytes), max(b.AllocatedBytes, old.AllocatedBytes)
	b.Targets = max(b.Targets, old.Targets)
	to[name] = b
}

// AddOwners takes in who held a heap: a dump's, or a living server's.
func AddOwners(ev *lint.Evidence, r heap.Retained, ws *starlark.Workspace) {
	var sum int64
	for _, o := range r.Owners {
		b := lint.Bill{RetainedBytes: o.RetainedBytes, Targets: o.Targets, Of: o.Name}
		switch o.Kind {
		case "provider_field":
			add(ev.Fields, o.Name, b)
		case "function", "bzl":
			sum += o.RetainedBytes
			name := o.Name
			if o.Kind == "bzl" {
				name = "<toplevel>"
			}
			add(ev.Functions, file(ws, cmp.Or(o.File, o.Name))+"%"+name, b)
		}
	}
	ev.StarlarkBytes = max(ev.StarlarkBytes, sum)
}

// file is the source that a printed path, or a label, and a line stand for.
func file(ws *starlark.Workspace, printed string) string {
	if r := ws.Resolve(printed); r.Path != "" {
		return r.Path
	}
	return printed
}

// AddReport takes in what a report's functions retained and allocated.
func AddReport(ev *lint.Evidence, r *attribution.Report) {
	var sum int64
	for i := range r.Suspects {
		s := &r.Suspects[i]
		if s.Definition == nil {
			continue
		}
		retained, _ := s.Evidence.Number(attribution.RetainedBytes)
		allocated, _ := s.Evidence.Number(attribution.AllocatedBytes)
		if retained == 0 && allocated == 0 {
			continue
		}
		sum += int64(retained)
		add(ev.Functions, s.Definition.File+"%"+s.Definition.Name, lint.Bill{
			RetainedBytes: int64(retained), AllocatedBytes: int64(allocated), Of: s.Name,
		})
	}
	ev.StarlarkBytes = max(ev.StarlarkBytes, sum)
}
