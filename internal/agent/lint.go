// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"fmt"

	"example.invalid/starlark-memls/internal/lint"
	"example.invalid/starlark-memls/internal/quantity"
)

type lintIn struct {
	Evidence []string `json:"evidence,omitempty" jsonschema:"heap dumps, retained.json files or measurements that say what each finding costs"`
	Top      int      `json:"top,omitempty" jsonschema:"how many findings (default 10)"`
}

// lint says what in the sources makes the heap grow.
func (t tools) lint(ctx context.Context, in lintIn) (*Answer, error) {
	paths, err := t.absolute(in.Evidence)
	if err != nil {
		return nil, err
	}
	o, err := t.Lint(ctx, paths)
	if err != nil {
		return nil, err
	}
	a := &Answer{Certainty: "sure", Meaning: "follows from the sources, whatever the build; what it costs is not measured"}
	if o.Measured {
		a.Certainty, a.Meaning = measured, "the findings carry the bytes that were measured where they point"
	}
	top := in.Top
	if top <= 0 {
		top = 10
	}
	for _, f := range o.Findings {
		if len(a.Rows) == top {
			a.Omitted++
			continue
		}
		row := TableRow{Name: f.Code + ": " + f.Message, Place: t.placeOf(f.Function, f.Place.File, f.Place.Line), Note: f.Advice, Numbers: map[string]float64{}}
		if b := f.Bill; b != nil {
			row.Note += " (measured: " + b.String() + ")"
			row.Numbers["retained_bytes"] = float64(b.RetainedBytes)
		}
		a.Rows = append(a.Rows, row)
	}
	a.Verdict = fmt.Sprintf("%s in the sources.", quantity.Count(len(o.Findings), "finding", "findings"))
	if len(o.Findings) == 0 {
		a.Verdict = "Nothing in the sources makes the heap grow whatever the build."
	}
	if o.Unsure > 0 && !o.Measured {
		a.Next = append(a.Next, fmt.Sprintf("%d more findings may be harmless: give evidence (a heap dump or a retained.json), which says what each costs", o.Unsure))
	}
	return a, nil
}

// A Linter runs the memory checks over the workspace, weighed by evidence.
type Linter func(ctx context.Context, evidence []string) (*lint.RunResult, error)
