package stats

import (
	"gonum.org/v1/gonum/stat/distuv"
)

// StudentQuantile is the quantile of Student's distribution.
func StudentQuantile(p, freedom float64) float64 {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: freedom}.Quantile(p)
}

// StudentTail is P(T >= t).
func StudentTail(t, freedom float64) float64 {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: freedom}.Survival(t)
}
