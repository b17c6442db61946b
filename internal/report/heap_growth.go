// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"fmt"
	"slices"

	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/growth"
	"example.invalid/starlark-memls/internal/quantity"
)

// growing are the rows of the views by implementation and by field whose memory
// grows with the targets, those first that twice the targets would add most to.
func growing(o *heap.Owners) []*heap.Owner {
	var all []*heap.Owner
	for _, by := range [...]string{"implementation", "field"} {
		rows := o.View(by).Rows
		for i := range rows {
			if g := rows[i].Growth; g != nil && rows[i].RetainedBytes*100 >= o.LiveBytes {
				all = append(all, &rows[i])
			}
		}
	}
	added := func(r *heap.Owner) float64 { return float64(r.RetainedBytes) * (r.Growth.Twice.Value - 1) }
	slices.SortStableFunc(all, func(a, b *heap.Owner) int { return -cmp.Compare(added(a), added(b)) })
	return all
}

// fastestShown is how many of them are shown where nobody says how many: the
// first adds most by far.
const fastestShown = 3

// growth writes how the memory grows.
func (t heapText) growth() {
	if t.s.Owners == nil {
		return
	}
	all := growing(t.s.Owners)
	if len(all) == 0 {
		return
	}
	t.line("")
	t.line("Growth with the number of targets (95 %% intervals)")
	limit := t.o.limit(len(all))
	if t.o.Top == 0 {
		limit = min(limit, fastestShown)
	}
	for _, r := range all[:limit] {
		t.lines(wrap(printable(t.o.owner(r)+": "+grows(r.Growth, r.RetainedBytes)), "  - ", "    "))
	}
	if more := len(all) - limit; more > 0 {
		t.line("  and %d more (--top N lists more)", more)
	}
}

// grows is "133 MiB, grows with the square of the targets (exponent 1.98, 1.96 to
// 2.00): twice the targets need 4.1 times the memory, 545 MiB".
func grows(g *growth.Growth, bytes int64) string {
	return fmt.Sprintf("%s, %s (exponent %.2f, %.2f to %.2f): twice the targets need %.1f times the memory, %s",
		quantity.Bytes(bytes), g.Pace(), g.Exponent.Value, g.Exponent.Low, g.Exponent.High, g.Twice.Value, quantity.Bytes(int64(g.Twice.Value*float64(bytes))))
}
