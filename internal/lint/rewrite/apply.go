// SPDX-License-Identifier: Apache-2.0

package rewrite

import (
	"cmp"
	"fmt"
	"slices"

	"example.invalid/starlark-memls/internal/lint"
	"example.invalid/starlark-memls/starlark"
)

// Apply gives a text with edits of it made. It refuses edits that overlap, and
// a result that does not parse where the text did.
func Apply(path string, text []byte, edits []lint.Edit) ([]byte, error) {
	edits = slices.Clone(edits)
	slices.SortStableFunc(edits, func(a, b lint.Edit) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End)) })
	var out []byte
	at := 0
	for _, e := range edits {
		if e.Start < at || e.End < e.Start || e.End > len(text) {
			return nil, fmt.Errorf("%s: the edits overlap", path)
		}
		out = append(append(out, text[at:e.Start]...), e.Text...)
		at = e.End
	}
	out = append(out, text[at:]...)
	if _, err := starlark.Parse(path, out); err != nil {
		return nil, fmt.Errorf("%s would not parse any more: %w", path, err)
	}
	return out, nil
}

// Together are the fixes of findings that can be made at once: those of the
// first, and of each later one that touches nothing that was changed. fixed
// counts the findings.
func Together(found []*lint.Finding) (edits map[string][]lint.Edit, fixed []*lint.Finding) {
	edits = map[string][]lint.Edit{}
	for _, f := range found {
		if f.Fix == nil || !apart(edits, f.Fix.Edits) {
			continue
		}
		for _, e := range f.Fix.Edits {
			edits[e.File] = append(edits[e.File], e)
		}
		fixed = append(fixed, f)
	}
	return edits, fixed
}

// apart reports whether edits touch none of others, nor their lines.
func apart(edits map[string][]lint.Edit, more []lint.Edit) bool {
	for _, a := range more {
		for _, b := range edits[a.File] {
			if a.Start <= b.End && b.Start <= a.End {
				return false
			}
		}
	}
	return true
}
