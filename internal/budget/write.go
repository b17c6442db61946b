// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"cmp"
	"math"
	"slices"

	"example.invalid/starlark-memls/internal/retained"
)

// Defaults of a new budget.
const (
	usualHeadroom = 0.10
	// leastEach is what any holder may hold without being named, at least.
	leastEach = 1 << 20
	// eachPart is the same as a part of the live heap.
	eachPart = 0.05
)

func (f *Budget) headroom() Share {
	if f.Headroom > 0 {
		return f.Headroom
	}
	return usualHeadroom
}

// Renew is the budget that the builds keep, with the headroom. Headroom, [each]
// and the notes stay; a holder that holds more than [each] allows has an entry,
// one that no longer does has none.
func (f *Budget) Renew(s retained.Set) *Budget {
	held := retained.Compare(retained.Set{}, s)
	made := &Budget{Headroom: f.headroom(), Each: f.Each}
	room := func(bytes int64) Size { return roundUp(float64(bytes) * (1 + float64(made.Headroom))) }
	made.Build.LiveHeap = room(held.Live.After.Bytes)
	switch {
	case s.Limit != nil:
		// The whole interval is to fit: a limit within it is not certain.
		made.Build.MemoryLimit = room(s.Limit.HighBytes)
	default:
		made.Build.MemoryLimit = f.Build.MemoryLimit
	}
	usual := roundUp(max(leastEach, eachPart*float64(held.Live.After.Bytes)))
	if made.Each.Function == 0 {
		made.Each.Function = usual
	}
	if made.Each.ProviderField == 0 {
		made.Each.ProviderField = usual
	}
	for i := range held.After {
		c := &held.After[i]
		was, each := made.entries(c.Kind)
		if each == 0 || c.After.Bytes <= int64(each) {
			continue
		}
		old, _ := f.entries(c.Kind)
		e := HolderBudget{Name: c.Name, File: c.File, Retained: room(c.After.Bytes)}
		if before := entryOf(old, c.Name, c.File); before != nil {
			e.Why = before.Why
		}
		// Lines of one file count together: their entry is one.
		if n := slices.IndexFunc(was, func(o HolderBudget) bool { return o.Name == e.Name && o.File == e.File }); n >= 0 {
			was[n].Retained = max(was[n].Retained, e.Retained)
			continue
		}
		switch c.Kind {
		case "function":
			made.Functions = append(made.Functions, e)
		case "provider_field":
			made.Fields = append(made.Fields, e)
		}
	}
	for _, list := range [][]HolderBudget{made.Functions, made.Fields} {
		slices.SortFunc(list, func(a, b HolderBudget) int {
			return cmp.Or(cmp.Compare(b.Retained, a.Retained), cmp.Compare(a.Name, b.Name), cmp.Compare(a.File, b.File))
		})
	}
	return made
}

// roundUp is to whole MiB, below ten of them to whole KiB.
func roundUp(bytes float64) Size {
	unit := 1024.0
	if bytes >= 10<<20 {
		unit = 1 << 20
	}
	const exact = 1e-6 // 90 MiB and 10 % are 99 MiB, whatever 1.1 is in binary
	return Size(math.Ceil(bytes/unit-exact) * unit)
}
