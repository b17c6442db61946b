// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"cmp"
	"slices"

	"example.invalid/starlark-memls/internal/retained"
)

// A BudgetLine is one budget with what a build needs of it.
type BudgetLine struct {
	// Kind is "live_heap", "memory_limit", "function" or "provider_field".
	Kind      string `json:"kind"`
	Name      string `json:"name,omitempty"`
	File      string `json:"file,omitempty"`
	Line      int    `json:"line,omitempty"`
	HeldBytes int64  `json:"held_bytes"`
	// HighBytes is the upper end of an estimate's interval; HeldBytes is then
	// the lower.
	HighBytes   int64 `json:"high_bytes,omitempty"`
	BudgetBytes int64 `json:"budget_bytes"`
	// Each: it is the budget of every holder without one of its own.
	Each   bool `json:"each,omitempty"`
	Broken bool `json:"broken"`
	// Loose: more than twice the headroom is free, so that the budget would
	// not notice what it is there for.
	Loose bool `json:"loose,omitempty"`
}

// Over is how many bytes are missing from the budget.
func (l *BudgetLine) Over() int64 { return l.HeldBytes - l.BudgetBytes }

// A Result is a build held against a budget.
type Result struct {
	Lines []BudgetLine `json:"lines"` // broken ones first, then by what is used
	// Unknown are budgets of which the build tells nothing, and why.
	Unknown []string `json:"unknown,omitempty"`
}

// Broken are the lines that are.
func (r *Result) Broken() []BudgetLine {
	return slices.DeleteFunc(slices.Clone(r.Lines), func(l BudgetLine) bool { return !l.Broken })
}

// Check holds what a set of builds holds, on average, against the budget.
func (f *Budget) Check(s retained.Set) *Result {
	held := retained.Compare(retained.Set{}, s)
	r := &Result{}
	if n := int64(f.Build.LiveHeap); n > 0 {
		r.add(f, BudgetLine{Kind: "live_heap", HeldBytes: held.Live.After.Bytes, BudgetBytes: n})
	}
	if n := int64(f.Build.MemoryLimit); n > 0 {
		if s.Limit == nil {
			r.Unknown = append(r.Unknown, "memory_limit: how much the build needs is not known; a measurement made by starlark-memls measure, or a series with crashes, shows it")
		} else {
			r.add(f, BudgetLine{Kind: "memory_limit", HeldBytes: s.Limit.LowBytes, HighBytes: s.Limit.HighBytes, BudgetBytes: n})
		}
	}
	for i := range held.After {
		c := &held.After[i]
		entries, each := f.entries(c.Kind)
		l := BudgetLine{Kind: c.Kind, Name: c.Name, File: c.File, Line: c.Line, HeldBytes: c.After.Bytes, BudgetBytes: int64(each), Each: true}
		if e := entryOf(entries, c.Name, c.File); e != nil {
			l.BudgetBytes, l.Each = int64(e.Retained), false
		}
		if l.BudgetBytes > 0 {
			r.add(f, l)
		}
	}
	slices.SortStableFunc(r.Lines, func(a, b BudgetLine) int {
		return cmp.Or(cmp.Compare(used(b), used(a)), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return r
}

// used is the part of the budget that is used.
func used(l BudgetLine) float64 { return float64(l.HeldBytes) / float64(l.BudgetBytes) }

func (r *Result) add(f *Budget, l BudgetLine) {
	l.Broken = l.HeldBytes > l.BudgetBytes
	l.Loose = !l.Each && float64(max(l.HeldBytes, l.HighBytes))*(1+2*float64(f.headroom())) < float64(l.BudgetBytes)
	r.Lines = append(r.Lines, l)
}

// entries are those of a kind of holder, and what each other may hold.
func (f *Budget) entries(kind string) ([]HolderBudget, Size) {
	switch kind {
	case "function":
		return f.Functions, f.Each.Function
	case "provider_field":
		return f.Fields, f.Each.ProviderField
	}
	return nil, 0
}

// entryOf is the entry of a holder: the one that names its file before one that
// names none.
func entryOf(entries []HolderBudget, name, file string) *HolderBudget {
	var found *HolderBudget
	for i := range entries {
		if e := &entries[i]; e.Name == name && (e.File == file || e.File == "" && found == nil) {
			found = e
		}
	}
	return found
}
