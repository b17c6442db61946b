package report

import (
	"fmt"
	"strconv"
)

// duration writes microseconds: "870 us", "1.4 s", "3 min 20 s".
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

// sizeText writes a size in powers of 1024: "17 MiB".
func sizeText(n int64) string {
	if n < 0 {
		return "-" + sizeText(-n)
	}
	value, unit := float64(n), 0
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

// of writes an optional number; what is not known is a dash.
func of[T any](p *T, write func(T) string) string {
	if p == nil {
		return "-"
	}
	return write(*p)
}

// ratioText writes three digits, and a large number without an exponent.
func ratioText(x float64) string {
	if x >= 999.5 {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return strconv.FormatFloat(x, 'g', 3, 64)
}

// plural says "1 crash", "3 crashes".
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
