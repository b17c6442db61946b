// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"

	"example.invalid/starlark-memls/internal/hprof"
)

// A Cell is what one combination of owners holds: a rule's function through a
// provider's field in one target. Views are sums of cells.
type Cell struct {
	// Rows are the owners, as places in Owners.Views[i].Rows; NoRow in a view
	// that small cells were summed up over.
	Rows          [cellViews]int32
	RetainedBytes int64
	Objects       int64
}

// NoRow stands for many rows.
const NoRow int32 = -1

// cellViews is how many views there are: nodeViews, and that by field.
const cellViews = 5

// maxCells bounds the cells that are told apart by target: a summary is kept.
const maxCells = 1 << 16

// cells crosses all views.
func cells(answers *hprof.Ownership, rows []map[hprof.Owner]int32) []Cell {
	sums := map[[cellViews]int32]*Cell{}
	add := func(c Cell) {
		sum := sums[c.Rows]
		if sum == nil {
			sum = &Cell{Rows: c.Rows}
			sums[c.Rows] = sum
		}
		sum.RetainedBytes += c.RetainedBytes
		sum.Objects += c.Objects
	}
	sorted := func() []Cell {
		out := make([]Cell, 0, len(sums))
		for _, c := range sums {
			out = append(out, *c)
		}
		slices.SortFunc(out, func(a, b Cell) int {
			return cmp.Or(-cmp.Compare(a.RetainedBytes, b.RetainedBytes), slices.Compare(a.Rows[:], b.Rows[:]))
		})
		return out
	}
	answers.Cross(cellViews, func(owners []hprof.Owner, objects, bytes int64) {
		c := Cell{RetainedBytes: bytes, Objects: objects}
		for v, owner := range owners {
			if owner == hprof.Nobody {
				return
			}
			c.Rows[v] = rows[v][owner]
		}
		add(c)
	})
	out := sorted()
	if len(out) <= maxCells {
		return out
	}
	clear(sums)
	for i, c := range out {
		if i >= maxCells {
			c.Rows[targetView] = NoRow
		}
		add(c)
	}
	return sorted()
}

// targetView is the place of the view by target.
const targetView = 0

// Of is the owner of a cell in the view of that kind; ok is false where the cell
// stands for many.
func (o *Owners) Of(c Cell, by string) (owner Owner, ok bool) {
	for i, v := range o.Views[:min(len(o.Views), cellViews)] {
		if v.By == by && c.Rows[i] >= 0 && int(c.Rows[i]) < len(v.Rows) {
			return v.Rows[c.Rows[i]], true
		}
	}
	return Owner{}, false
}

// MarshalJSON writes a cell in few bytes: a list of its rows, bytes and objects.
func (c Cell) MarshalJSON() ([]byte, error) {
	var numbers [cellViews + 2]int64
	for i, row := range c.Rows {
		numbers[i] = int64(row)
	}
	numbers[cellViews], numbers[cellViews+1] = c.RetainedBytes, c.Objects
	return json.Marshal(numbers)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (c *Cell) UnmarshalJSON(text []byte) error {
	var numbers []int64
	if err := json.Unmarshal(text, &numbers); err != nil {
		return err
	}
	if len(numbers) != cellViews+2 {
		return errors.New("a cell has another number of views")
	}
	for i := range c.Rows {
		c.Rows[i] = int32(numbers[i])
	}
	c.RetainedBytes, c.Objects = numbers[cellViews], numbers[cellViews+1]
	return nil
}
