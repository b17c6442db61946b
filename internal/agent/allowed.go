// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"errors"
)

// What disturbs a living server or runs Bazel is there only where the user has
// allowed it.

type liveIn struct {
	By  string `json:"by,omitempty" jsonschema:"implementation (the default), function, field, target or file"`
	Top int    `json:"top,omitempty" jsonschema:"how many rows (default 10)"`
}

type verifyIn struct {
	Before  string   `json:"before" jsonschema:"a heap from before the change: a retained.json (starlark-memls measure), a dump, or a measurement with one"`
	Targets []string `json:"targets" jsonschema:"what to build"`
}

func (t tools) live(ctx context.Context, in liveIn) (*Answer, error) {
	h, err := t.Live(ctx)
	if err != nil {
		return nil, err
	}
	return t.holders(h, in.By, in.Top)
}

func (t tools) verifyFix(ctx context.Context, in verifyIn) (*Answer, error) {
	if len(in.Targets) == 0 {
		return nil, errors.New("name the targets to build")
	}
	h, err := t.heap(ctx, in.Before)
	if err != nil {
		return nil, err
	}
	before, known := h.retained()
	if !known {
		return nil, errors.New("who held the memory before is not known: give a retained.json")
	}
	after, err := t.Verify(ctx, in.Targets)
	if err != nil {
		return nil, err
	}
	a := t.changes(before, after)
	a.Caveats = append(a.Caveats, "bytes of one build each, at its end: build outputs were not compared")
	return a, nil
}
