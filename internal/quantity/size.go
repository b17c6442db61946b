// SPDX-License-Identifier: Apache-2.0

package quantity

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

var size = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?) ?([kmgtKMGT]?)(?:i?[bB])?$`)

// powers are the units of sizes, as those of -Xmx.
var powers = map[string]int{"": 0, "k": 1, "m": 2, "g": 3, "t": 4}

// ParseSize reads a size in bytes as -Xmx spells it, "200m" or "1.5g", and as
// Bytes writes it, "200 MiB".
func ParseSize(text string) (int64, error) {
	m := size.FindStringSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("%q is not a size: write a number with k, m, g or t, such as 200m", text)
	}
	n, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a size: %w", text, err)
	}
	n *= math.Pow(1024, float64(powers[strings.ToLower(m[2])]))
	if n >= math.MaxInt64 {
		return 0, fmt.Errorf("%q is too large for a size", text)
	}
	return int64(n), nil
}
