package stats

import "math"

// LogOdds compares how often each of many words (names) occurs in two bodies
// of text (active at crashes, active in passing builds), shrinking rare ones
// towards the prior: the log-odds ratio with an informative Dirichlet prior
// (Monroe, Colaresi & Quinn 2008, "Fightin' Words", Political Analysis
// 16:372, equations 16, 19 and 22). z is the estimate in units of its standard
// deviation; above 1.96 the word is the first body's. prior are pseudo-counts
// by word, all positive; the three slices have the same order.
func LogOdds(first, second, prior []float64) (delta, z []float64) {
	var n1, n2, a0 float64
	for w := range prior {
		n1, n2, a0 = n1+first[w], n2+second[w], a0+prior[w]
	}
	delta, z = make([]float64, len(prior)), make([]float64, len(prior))
	for w, a := range prior {
		y1, y2 := first[w]+a, second[w]+a
		delta[w] = math.Log(y1/(n1+a0-y1)) - math.Log(y2/(n2+a0-y2))
		z[w] = delta[w] / math.Sqrt(1/y1+1/y2)
	}
	return delta, z
}
