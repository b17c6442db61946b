// SPDX-License-Identifier: Apache-2.0

package stats

import (
	"sync"

	"gonum.org/v1/gonum/stat/distuv"
)

// manyDegrees is from where the expansion for large degrees of freedom is used:
// its error there is below 1e-8, and it costs a thousandth of the inversion.
const manyDegrees = 30

// Student95 is the quantile of Student's distribution for a two-sided 95 %
// interval. It is asked for every function of every report.
func Student95(freedom float64) float64 {
	switch whole := int(freedom); {
	case freedom >= manyDegrees:
		return fisherExpansion(Z95, freedom)
	case freedom == float64(whole) && whole >= 1:
		return fewDegrees()[whole]
	}
	return studentQuantile(0.975, freedom)
}

// fewDegrees are the quantiles for whole degrees of freedom, by these.
var fewDegrees = sync.OnceValue(func() (quantiles [manyDegrees]float64) {
	for f := 1; f < manyDegrees; f++ {
		quantiles[f] = studentQuantile(0.975, float64(f))
	}
	return quantiles
})

func studentQuantile(p, freedom float64) float64 {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: freedom}.Quantile(p)
}

// fisherExpansion is the quantile from that of the normal distribution (Fisher
// & Cornish 1960, Technometrics 2:209; Abramowitz & Stegun 26.7.5, with the
// term after it).
func fisherExpansion(z, freedom float64) float64 {
	z2 := z * z
	terms := [...]float64{
		(z2 + 1) / 4,
		((5*z2+16)*z2 + 3) / 96,
		(((3*z2+19)*z2+17)*z2 - 15) / 384,
		((((79*z2+776)*z2+1482)*z2-1920)*z2 - 945) / 92160,
		(((((27*z2+339)*z2+930)*z2-1782)*z2-765)*z2 + 17955) / 368640,
	}
	sum := 0.0
	for i := len(terms) - 1; i >= 0; i-- {
		sum = (sum + terms[i]) / freedom
	}
	return z + z*sum
}

// StudentTail is P(T >= t).
func StudentTail(t, freedom float64) float64 {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: freedom}.Survival(t)
}
