package attribution

import (
	"fmt"
	"math"
	"strconv"
)

// A finding is what one source of evidence says against a subject.
type finding struct {
	// weight is 0 to 1: how far this alone would make one believe that the
	// subject is guilty. Each source states its ceiling and why.
	weight float64
	reason string
	blind  string
}

// plural says "1 crash", "3 crashes".
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

func crashes(n int) string { return plural(n, "crash", "crashes") }

// duration says a length of time with its unit: "8 ms", "1.4 s", "3 min 20 s".
func duration(micros int64) string {
	switch {
	case micros < 0:
		return "-" + duration(-micros)
	case micros < 1000:
		return fmt.Sprintf("%d us", micros)
	case micros < 999_500:
		return fmt.Sprintf("%.3g ms", float64(micros)/1e3)
	case micros < 60_000_000:
		return fmt.Sprintf("%.3g s", float64(micros)/1e6)
	}
	seconds := (micros + 500_000) / 1_000_000
	return fmt.Sprintf("%d min %d s", seconds/60, seconds%60)
}

// size says a number of bytes with its unit, in powers of 1024: "17 MiB".
func size(bytes int64) string {
	if bytes < 0 {
		return "-" + size(-bytes)
	}
	value, unit := float64(bytes), 0
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	for value >= 1023.5 && unit < len(units)-1 {
		value /= 1024
		unit++
	}
	if unit == 0 || value >= 99.95 {
		return fmt.Sprintf("%.0f %s", value, units[unit])
	}
	return fmt.Sprintf("%.3g %s", value, units[unit])
}

// factor says a ratio with two digits, and a large one without an exponent:
// "0.59", "1.4", "120".
func factor(x float64) string {
	if math.Abs(x) >= 99.5 {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return strconv.FormatFloat(x, 'g', 2, 64)
}

// clamp01 limits a weight; NaN is 0.
func clamp01(x float64) float64 {
	if !(x > 0) {
		return 0
	}
	return min(x, 1)
}

func ratio(part, whole int64) float64 {
	if whole <= 0 {
		return 0
	}
	return float64(part) / float64(whole)
}
