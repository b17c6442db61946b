// SPDX-License-Identifier: Apache-2.0

package lint

import (
	"cmp"
	"slices"
)

// Evidence is what was measured, by what a finding can be joined with.
type Evidence struct {
	// Fields are what providers' fields retain, by "Provider.field";
	// Functions what functions retain or allocated, by "file%name", the file
	// absolute.
	Fields, Functions map[string]Bill
	// StarlarkBytes is what all functions retain.
	StarlarkBytes int64
}

// harmless is what a finding may retain or allocate and not be shown.
const harmless = 1 << 20

// Weigh decides which findings are shown, how loudly and in which order:
// without evidence those that are certain, as hints; with evidence what was
// measured, by bytes, and then those that are certain and were not measured.
// all shows every finding.
func Weigh(findings []*Finding, checks []*Check, ev *Evidence, all bool) *RunResult {
	o := &RunResult{Measured: ev != nil, Checks: checks}
	severity := map[string]Severity{}
	for _, c := range checks {
		severity[c.Code] = c.Severity
	}
	for _, f := range findings {
		f := *f
		f.Severity = Hint
		if ev != nil {
			f.Bill = ev.bill(&f)
		}
		switch {
		case f.Bill != nil && f.Bill.size() < harmless:
			o.Harmless++
			if !all {
				continue
			}
		case f.Bill != nil:
			f.Severity = severity[f.Code]
		case !f.Certain:
			o.Unsure++
			if !all {
				continue
			}
		}
		o.Findings = append(o.Findings, &f)
	}
	if all {
		o.Unsure, o.Harmless = 0, 0
	}
	slices.SortStableFunc(o.Findings, func(a, b *Finding) int {
		return cmp.Or(-cmp.Compare(a.Bill.size(), b.Bill.size()), boolFirst(a.Certain, b.Certain), boolFirst(a.Bill.field(), b.Bill.field()))
	})
	return o
}

func boolFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// size is what findings are ranked by.
func (b *Bill) size() int64 {
	if b == nil {
		return 0
	}
	if b.RetainedBytes > 0 {
		return b.RetainedBytes
	}
	return b.AllocatedBytes
}

// field reports whether the bill is a field's.
func (b *Bill) field() bool { return b != nil && b.ofField }

// bill is what was measured where a finding points: at the field that keeps it,
// else at the functions that make it.
func (ev *Evidence) bill(f *Finding) *Bill {
	var best *Bill
	take := func(b Bill, known bool) {
		if known && (best == nil || b.size() > best.size()) {
			if b.RetainedBytes > 0 && ev.StarlarkBytes > 0 {
				b.Share = min(1, float64(b.RetainedBytes)/float64(ev.StarlarkBytes))
			}
			best = &b
		}
	}
	if f.Field.Provider != "" {
		b, ok := ev.Fields[f.Field.Outermost()]
		b.ofField = true
		if take(b, ok); ok {
			return best // the function may fill other fields as well
		}
	}
	for _, c := range f.Callers {
		b, ok := ev.Functions[c]
		take(b, ok)
	}
	return best
}
