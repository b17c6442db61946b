package stats

import "math"

// A Line is a straight line fitted by least squares, y = intercept + slope·x,
// from running sums. Its zero value is ready for use.
type Line struct{ n, x, y, xx, xy, yy float64 }

// Moments are the values of several points at one x, as sums that do not
// depend on their order.
type Moments struct {
	N            int64
	Sum, Squares Sum
}

// Add adds a value.
func (m *Moments) Add(y float64) {
	m.N++
	m.Sum.Add(y)
	m.Squares.Add(y * y)
}

// AddAt adds all points at one x.
func (l *Line) AddAt(x float64, m Moments) {
	n, y := float64(m.N), m.Sum.Value()
	l.n += n
	l.x, l.y = l.x+n*x, l.y+y
	l.xx, l.xy, l.yy = l.xx+n*x*x, l.xy+x*y, l.yy+m.Squares.Value()
}

// Add adds a point.
func (l *Line) Add(x, y float64) {
	l.n++
	l.x, l.y = l.x+x, l.y+y
	l.xx, l.xy, l.yy = l.xx+x*x, l.xy+x*y, l.yy+y*y
}

// Slope is the slope with its 95 % interval by Student's distribution (Gauss;
// Draper & Smith 1998, section 1.4). It is not known with fewer than three
// points or where all have one x: then ok is false.
func (l *Line) Slope() (slope float64, interval Interval, ok bool) {
	if l.n < 3 {
		return 0, Interval{}, false
	}
	sxx := l.xx - l.x*l.x/l.n
	if sxx <= 1e-12*math.Abs(l.xx) {
		return 0, Interval{}, false
	}
	sxy := l.xy - l.x*l.y/l.n
	slope = sxy / sxx
	rest := math.Max(0, l.yy-l.y*l.y/l.n-slope*sxy)
	half := Student95(l.n-2) * math.Sqrt(rest/(l.n-2)/sxx)
	return slope, Interval{slope - half, slope + half}, true
}
