// SPDX-License-Identifier: Apache-2.0

package report

import (
	"io"

	"example.invalid/starlark-memls/internal/retained"
)

// WriteHeapsSince writes what came and went between two heaps of one server,
// what changed most first.
func WriteHeapsSince(w io.Writer, h *retained.Comparison, o Options) error {
	t := newTextWriter(w, nil, o)
	for _, l := range wrapTo(o.width(), o.heapsAnswer(h), "", "") {
		t.inStyle(bold, "%s", l)
	}
	t.heaps(h)
	return t.out.Flush()
}

// WriteHeapsSinceJSON writes the same as JSON, whole.
func WriteHeapsSinceJSON(w io.Writer, h *retained.Comparison) error {
	return encodeIndented(w, struct {
		Schema          int               `json:"schema"`
		LiveBytes       int64             `json:"live_bytes"`
		BeforeLiveBytes int64             `json:"before_live_bytes"`
		Changes         []retained.Change `json:"changes"`
	}{Schema, h.Live.After.Bytes, h.Live.Before.Bytes, append([]retained.Change{}, h.Changes...)})
}
