// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"math"
	"slices"

	"example.invalid/starlark-memls/internal/quantity"
	"example.invalid/starlark-memls/internal/retained"
)

// Conditions on who holds the heap: retained_bytes of each function and
// provider's field, live_bytes of the whole live heap, and the limit that the
// build needs. A change within noise, or a limit whose interval spans the
// value, holds nothing: a gate that fails by chance is switched off.

// heapFields are the fields that comparisons of heaps know; the first is a
// function's measure in reports as well.
var heapFields = []string{"retained_bytes", "live_bytes", "limit"}

func (c Condition) ofHeaps() bool { return slices.Contains(heapFields, c.field) }

// LeastGrowth is the growth of one holder, in bytes, below which no relative
// condition fails: 5 % more of nearly nothing is nothing.
const LeastGrowth = 64 << 10

// betweenHeaps are the holders that hold the condition.
func (c Condition) betweenHeaps(h *retained.Comparison, o Options) []Violation {
	switch c.field {
	case "live_bytes":
		if c.holdsChange(&h.Live) {
			return []Violation{{Text: c.text + ": the live heap" + changedBytes(&h.Live), Rule: c.field, Subject: c.field}}
		}
		return nil
	case "limit":
		return c.betweenLimits(h)
	}
	list := h.Changes
	if !c.relative && !c.grown {
		list = h.After
	}
	var held []Violation
	told := map[string]bool{} // files whose functions are told
	for _, kind := range []string{"function", "provider_field"} {
		for i := range list {
			change := &list[i]
			if change.Kind != kind || !c.holdsChange(change) || kind == "provider_field" && told[change.File] {
				continue
			}
			told[change.File] = told[change.File] || kind == "function"
			held = append(held, Violation{Text: c.text + ": " + o.holderSubject(change) + changedBytes(change),
				Rule: c.field, Subject: change.Name, File: o.heapFile(change.File), Line: change.Line})
		}
	}
	return held
}

// holdsChange reports whether one holder, or the whole heap, holds the
// condition.
func (c Condition) holdsChange(change *retained.Change) bool {
	switch {
	case c.grown:
		return change.Real() && c.compares(float64(change.Growth()))
	case !c.relative:
		return c.compares(float64(change.After.Bytes))
	}
	growth, ok := change.Relative()
	if !ok {
		growth = math.Inf(1)
	}
	return change.Real() && change.Growth() >= LeastGrowth && c.holdsGrowth(growth)
}

// betweenLimits compares the nearer ends of the intervals.
func (c Condition) betweenLimits(h *retained.Comparison) []Violation {
	a, b := h.A.Limit, h.B.Limit
	if b == nil || (c.relative || c.grown) && a == nil {
		return nil
	}
	// The end of B's interval that is nearer to what does not hold, less the
	// end of A's that is.
	less := c.operator[0] == '<'
	at, before := b.LowBytes, int64(0)
	if less {
		at = b.HighBytes
	}
	if a != nil {
		if before = a.HighBytes; less {
			before = a.LowBytes
		}
	}
	var holds bool
	switch {
	case c.relative:
		holds = c.holdsGrowth(float64(at-before) / float64(max(before, 1)))
	case c.grown:
		holds = c.compares(float64(at - before))
	default:
		holds = c.compares(float64(at))
	}
	if !holds {
		return nil
	}
	text := c.text + ": the build needs " + limitText(b)
	if a != nil {
		text += ", before " + limitText(a)
	}
	return []Violation{{Text: text, Rule: c.field, Subject: c.field}}
}

// limitText is "2.1 GiB (1.9 to 2.3 GiB)".
func limitText(l *retained.NeededLimit) string {
	return fmt.Sprintf("%s (%s to %s)", quantity.Bytes(l.Bytes), quantity.Bytes(l.LowBytes), quantity.Bytes(l.HighBytes))
}

// holderSubject is "memory/eat.bzl:55, traverse_impl," or what names the holder.
func (o Options) holderSubject(c *retained.Change) string {
	name := c.Name
	if c.Kind != "function" {
		name = kindWord(c.Kind) + " " + c.Name
	}
	if c.File == "" || c.Line == 0 {
		return name
	}
	return position(o.heapFile(c.File), c.Line, 0) + ", " + name + ","
}

// kindWord is a kind of holder in words.
func kindWord(kind string) string {
	switch kind {
	case "provider_field":
		return "the field"
	case "bazel", "shared":
		return ""
	case "bzl":
		return "the file"
	}
	return "the " + kind
}

// changedBytes is " holds 165 MiB, 31 MiB more than before (+23 %)".
func changedBytes(c *retained.Change) string {
	text := " holds " + quantity.Bytes(c.After.Bytes)
	switch growth := c.Growth(); {
	case growth == 0:
		return text
	case c.Before.Bytes == 0:
		return text + ", and nothing before"
	case growth > 0:
		text += ", " + quantity.Bytes(growth) + " more than before"
	default:
		text += ", " + quantity.Bytes(-growth) + " less than before"
	}
	return text + " (" + percent(c) + ")"
}

// percent is "+23 %", "-0.4 %"; "new" where there was nothing before.
func percent(c *retained.Change) string {
	growth, ok := c.Relative()
	if !ok {
		return "new"
	}
	if c.After.Bytes == 0 {
		return "gone"
	}
	growth *= 100
	switch {
	case math.Abs(growth) >= 1000:
		return fmt.Sprintf("%.0f times", growth/100+1)
	case math.Abs(growth) >= 10:
		return fmt.Sprintf("%+.0f %%", growth)
	}
	return fmt.Sprintf("%+.2g %%", growth)
}
