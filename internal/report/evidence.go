// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"math"
	"strconv"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/internal/quantity"
)

// ValueText is a value in its unit, with its interval: "3 of 15", "1.4 s",
// "6.3 (95 %: 2.2 to 9.1)".
func ValueText(v attribution.Value, e attribution.Evidence) string {
	text := numberText(v.Measure, v.Number)
	if of := v.Measure.Of; of != nil {
		if all, ok := e.Of(of); ok {
			text += " of " + numberText(of, all.Number)
		}
	}
	interval := intervalText(v.Measure, v.Low, v.High)
	if !v.Measure.Interval || interval == "" {
		return text
	}
	return text + " (95 %: " + interval + ")"
}

// intervalText is "2 to 7", "2 or more" where it is open above, "" where
// neither end is known.
func intervalText(m *attribution.Measure, low, high float64) string {
	switch {
	case math.IsNaN(low) || math.IsNaN(high) || math.IsInf(high, 0) && math.IsInf(low, 0):
		return ""
	case math.IsInf(high, 0):
		return numberText(m, low) + " or more"
	case math.IsInf(low, 0):
		return "up to " + numberText(m, high)
	}
	return numberText(m, low) + " to " + numberText(m, high)
}

// numberText is a number in the unit of a measure.
func numberText(m *attribution.Measure, n float64) string {
	switch m.Unit {
	case attribution.Count:
		return strconv.FormatFloat(n, 'f', 0, 64)
	case attribution.Bytes:
		return quantity.Bytes(int64(n))
	case attribution.Micros:
		return quantity.Micros(int64(n))
	case attribution.Share:
		return quantity.Share(n)
	}
	return quantity.Figure(n)
}

// numberOr is a measure of a function, or a dash where it is not known.
func numberOr(e attribution.Evidence, m *attribution.Measure) string {
	n, ok := e.Number(m)
	if !ok {
		return "-"
	}
	return numberText(m, n)
}

// partOf is "3/15"; without a whole there is nothing to count.
func partOf(e attribution.Evidence, m *attribution.Measure) string {
	n, known := e.Number(m)
	all, counted := e.Number(m.Of)
	if !known || !counted {
		return "-"
	}
	return fmt.Sprintf("%.0f/%.0f", n, all)
}

// gcRate is the lower end of the interval, where it excludes an equal rate: a
// ratio without its interval would say more than is known.
func gcRate(e attribution.Evidence) string {
	v, ok := e.Of(attribution.GCRateRatio)
	if !ok || v.Low <= 1 {
		return "-"
	}
	return ">" + quantity.Ratio(v.Low) + "x"
}

// mostBytes is the best known of the sizes: retained before allocated.
func mostBytes(e attribution.Evidence) string {
	if e.Knows(attribution.RetainedBytes) {
		return numberOr(e, attribution.RetainedBytes)
	}
	return numberOr(e, attribution.AllocatedBytes)
}
