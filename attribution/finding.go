package attribution

import "example.invalid/starlark-memls/internal/quantity"

// A finding is what one source of evidence says against a subject.
type finding struct {
	// weight is 0 to 1: how far this alone would make one believe that the
	// subject is guilty. Each source states its ceiling and why.
	weight float64
	reason string
	blind  string
}

func crashes(n int) string { return quantity.Count(n, "crash", "crashes") }

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
