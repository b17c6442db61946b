// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"context"
	"errors"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/gather"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/lint"
	"example.invalid/starlark-memls/internal/retained"
	"example.invalid/starlark-memls/starlark"
)

// Read takes in everything that a path holds: a dump, a retained.json, a
// profile, or a folder of them. It fails where there is nothing that says what
// anything costs.
func Read(ctx context.Context, ev *lint.Evidence, path string, ws *starlark.Workspace, opts heap.OpenOptions) (warnings []string, err error) {
	before := len(ev.Fields) + len(ev.Functions)
	set, err := retained.Read(ctx, []string{path}, "", opts)
	warnings = set.Warnings
	if err != nil && !errors.Is(err, retained.ErrNone) {
		return warnings, err
	}
	for _, b := range set.Builds {
		AddOwners(ev, b.Retained, ws)
	}
	g, err := gather.Paths(ctx, []string{path}, observe.ReadOptions{HeapCacheDir: opts.CacheDir})
	if err != nil {
		return warnings, err
	}
	if len(g.Observations) > 0 {
		AddReport(ev, attribution.Conclude(ctx, g.Observations, ws, attribution.ConcludeOptions{}))
	}
	if len(ev.Fields)+len(ev.Functions) == before {
		return warnings, errors.New("nothing in it says what functions retain or allocate; give a heap dump, a retained.json (starlark-memls measure), or an allocation profile")
	}
	return warnings, ctx.Err()
}
