// SPDX-License-Identifier: Apache-2.0

package threshold

import (
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// A GCCost is what garbage collection cost one passing build.
type GCCost struct {
	LimitBytes  int64
	PauseMicros float64
}

// ErrFewCosts says that a floor cannot be predicted.
var ErrFewCosts = errors.New("a floor needs passing builds at four different limits or more, the lower ones dearer")

// Floor predicts the need of a build that has not crashed yet, from what
// garbage collection costs at the limits at which it passes. A collector that
// copies what is alive runs each time the room beside it is full, so its cost
// rises as a/(M − L) when the limit M nears the live heap L (Hertz and
// Berger, Quantifying the performance of garbage collection vs. explicit
// memory management, OOPSLA 2005). L is fitted by weighted least squares, with the 95 %
// interval in which the residual sum of squares stays within
// 1 + F(1, n−3)/(n−3) of its least (the profile interval of nonlinear
// regression; Bates and Watts 1988). It is a prediction: a peak that is not
// live for long is not in it.
func Floor(costs []GCCost) (Interval, error) {
	lowest, n := math.Inf(1), len(costs)
	var limits []int64
	for _, c := range costs {
		lowest = min(lowest, float64(c.LimitBytes))
		limits = append(limits, c.LimitBytes)
	}
	slices.Sort(limits)
	if len(slices.Compact(limits)) < 4 {
		return Interval{}, ErrFewCosts
	}
	const steps = 2000
	residuals := make([]float64, steps)
	best := 0
	for i := range residuals {
		residuals[i] = residual(costs, lowest*float64(i)/steps)
		if residuals[i] < residuals[best] {
			best = i
		}
	}
	if math.IsInf(residuals[best], 1) {
		return Interval{}, ErrFewCosts
	}
	f := distuv.F{D1: 1, D2: float64(n - 3)}.Quantile(0.95)
	bound := residuals[best]*(1+f/float64(n-3)) + 1e-9
	low, high := best, best
	for low > 0 && residuals[low-1] <= bound {
		low--
	}
	for high < steps-1 && residuals[high+1] <= bound {
		high++
	}
	at := func(i int) float64 { return lowest * float64(i) / steps }
	return Interval{Bytes: at(best), LowBytes: at(low), HighBytes: at(high)}, nil
}

// residual is the weighted sum of squares that the line a·x + b,
// x = 1/(M − L), leaves; +Inf where the cost does not fall with the limit.
// The scatter of pauses grows with the pauses, so each build weighs by the
// inverse square of its own: deviations count as fractions.
func residual(costs []GCCost, floor float64) float64 {
	scale := float64(costs[0].LimitBytes)
	x := func(c GCCost) float64 { return scale / (float64(c.LimitBytes) - floor) }
	var sw, sx, sy float64
	for _, c := range costs {
		w := weight(c)
		sw += w
		sx += w * x(c)
		sy += w * c.PauseMicros
	}
	var sxx, sxy, syy float64
	for _, c := range costs {
		w, dx, dy := weight(c), x(c)-sx/sw, c.PauseMicros-sy/sw
		sxx += w * dx * dx
		sxy += w * dx * dy
		syy += w * dy * dy
	}
	if sxx == 0 || sxy <= 0 {
		return math.Inf(1)
	}
	return syy - sxy*sxy/sxx
}

func weight(c GCCost) float64 { return 1 / max(c.PauseMicros*c.PauseMicros, 1) }
