// SPDX-License-Identifier: Apache-2.0

package stats

import "math"

// A Line is a straight line fitted by least squares, y = intercept + slope·x,
// from running sums, which do not depend on the order of the points (see Sum).
// Its zero value is ready for use.
type Line struct {
	n                int64
	x, y, xx, xy, yy Sum
}

// Add adds a point.
func (l *Line) Add(x, y float64) {
	l.n++
	l.x.Add(x)
	l.y.Add(y)
	l.xx.Add(x * x)
	l.xy.Add(x * y)
	l.yy.Add(y * y)
}

// Join adds the points of another.
func (l *Line) Join(m Line) {
	l.n += m.n
	l.x.Join(m.x)
	l.y.Join(m.y)
	l.xx.Join(m.xx)
	l.xy.Join(m.xy)
	l.yy.Join(m.yy)
}

// Slope is the slope with its 95 % interval by Student's distribution (Gauss;
// Draper & Smith 1998, section 1.4). It is not known with fewer than three
// points or where all have one x: then ok is false.
func (l *Line) Slope() (slope float64, interval Interval, ok bool) {
	if l.n < 3 {
		return 0, Interval{}, false
	}
	n, x, y, xx := float64(l.n), l.x.Value(), l.y.Value(), l.xx.Value()
	sxx := xx - x*x/n
	if sxx <= 1e-12*math.Abs(xx) {
		return 0, Interval{}, false
	}
	sxy := l.xy.Value() - x*y/n
	slope = sxy / sxx
	rest := math.Max(0, l.yy.Value()-y*y/n-slope*sxy)
	half := Student95(n-2) * math.Sqrt(rest/(n-2)/sxx)
	return slope, Interval{slope - half, slope + half}, true
}
