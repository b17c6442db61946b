// SPDX-License-Identifier: Apache-2.0

package stats

// Clamp01 limits a share or a weight to 0 to 1; NaN is 0.
func Clamp01(x float64) float64 {
	if !(x > 0) {
		return 0
	}
	return min(x, 1)
}

// Part is a part of a whole, 0 to 1; 0 of nothing.
func Part(part, whole int64) float64 {
	if whole <= 0 {
		return 0
	}
	return float64(part) / float64(whole)
}
