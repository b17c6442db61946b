// SPDX-License-Identifier: Apache-2.0

// Package quantity writes numbers in the field's terms: bytes in powers of
// 1024, lengths of time in the unit that they are best read in, ratios to the
// digits that mean something. Reports, reasons and editors show the same number
// in the same words because they all have it from here. The words are ASCII, for
// terminals and logs that are not more.
package quantity

import (
	"fmt"
	"math"
	"strconv"
)

// Bytes is a size: "17 MiB", "1.5 GiB", "870 B".
func Bytes(n int64) string {
	value, unit := math.Abs(float64(n)), 0
	units := []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB"}
	for value >= 1023.5 && unit < len(units)-1 {
		value /= 1024
		unit++
	}
	text := strconv.FormatFloat(value, 'f', 0, 64)
	if unit > 0 && value < 99.95 {
		text = strconv.FormatFloat(value, 'g', 3, 64)
	}
	if n < 0 {
		text = "-" + text
	}
	return text + " " + units[unit]
}

// Micros is a length of time, given in microseconds: "870 us", "45 ms",
// "1.4 s", "3 min 20 s", "2 h 5 min".
func Micros(n int64) string {
	switch {
	case n == math.MinInt64: // has no opposite
		return Micros(n + 1)
	case n < 0:
		return "-" + Micros(-n)
	case n < 1000:
		return fmt.Sprintf("%d us", n)
	case n < 999_500:
		return fmt.Sprintf("%.3g ms", float64(n)/1e3)
	case n < 59_950_000:
		return fmt.Sprintf("%.3g s", float64(n)/1e6)
	}
	seconds := n/1_000_000 + (n%1_000_000+500_000)/1_000_000
	if seconds < 3600 {
		return fmt.Sprintf("%d min %d s", seconds/60, seconds%60)
	}
	minutes := (seconds + 30) / 60
	return fmt.Sprintf("%d h %d min", minutes/60, minutes%60)
}

// Ratio is a number to two digits, as estimates from few builds are told, and
// a large one without an exponent: "0.59", "1.4", "120".
func Ratio(x float64) string { return digits(x, 2) }

// Figure is a number to three digits, for tables: "0.587", "1.43", "1204".
func Figure(x float64) string { return digits(x, 3) }

func digits(x float64, n int) string {
	if math.Abs(x) >= math.Pow10(n)-.5 {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return strconv.FormatFloat(x, 'g', n, 64)
}

// Share is a part of one: "45 %".
func Share(x float64) string { return fmt.Sprintf("%.0f %%", 100*x) }

// Count is a number of things: "1 crash", "3 crashes".
func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
