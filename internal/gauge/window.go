// SPDX-License-Identifier: Apache-2.0

package gauge

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// A window remembers how much pause time there was in the last minute.
type window struct{ points []pausePoint }

type pausePoint struct {
	at    time.Time
	total time.Duration
}

func (w *window) add(at time.Time, total time.Duration) {
	w.points = append(w.points, pausePoint{at, total})
	for len(w.points) > 2 && at.Sub(w.points[1].at) >= time.Minute {
		w.points = w.points[1:]
	}
}

// share is the part of the last span that was paused. A pause is counted when
// it ends, so that one longer than the span would make more than all of it.
// Less than a fifth of the span says nothing yet.
func (w *window) share(now time.Time, span time.Duration) float64 {
	if len(w.points) == 0 {
		return 0
	}
	from := w.points[0]
	for i := len(w.points) - 1; i >= 0; i-- {
		if now.Sub(w.points[i].at) >= span {
			from = w.points[i]
			break
		}
	}
	if now.Sub(from.at) < span/5 {
		return 0
	}
	took := max(now.Sub(from.at), span)
	return min(float64(w.points[len(w.points)-1].total-from.total)/float64(took), 1)
}

// A trend follows what collections left over the last minute.
type trend struct {
	points []levelPoint
	known  float64 // the slope as of the newest point
}

type levelPoint struct {
	at    time.Time
	bytes int64
}

const (
	trendSpan   = time.Minute
	trendPoints = 30 // the newest; slopes between all pairs are looked at
)

func (t *trend) add(at time.Time, bytes int64) {
	t.points = append(t.points, levelPoint{at, bytes})
	for len(t.points) > trendPoints || at.Sub(t.points[0].at) > trendSpan {
		t.points = t.points[1:]
	}
	t.known = t.theilSen()
}

// slope is that of the last minute's points, in bytes a second; 0 where it
// cannot be told, or nothing was collected for a minute.
func (t *trend) slope(now time.Time) float64 {
	if n := len(t.points); n == 0 || now.Sub(t.points[n-1].at) > trendSpan {
		return 0
	}
	return t.known
}

// theilSen is the median of the slopes between all pairs of points (Theil, 1950;
// Sen, 1968) in bytes a second; 0 where it cannot be told: fewer than 4
// points, less than 5 s, or a quarter of the slopes do not rise.
func (t *trend) theilSen() float64 {
	points := t.points
	if len(points) < 4 || points[len(points)-1].at.Sub(points[0].at) < 5*time.Second {
		return 0
	}
	var slopes []float64
	for i, a := range points {
		for _, b := range points[i+1:] {
			if d := b.at.Sub(a.at).Seconds(); d > 0 {
				slopes = append(slopes, float64(b.bytes-a.bytes)/d)
			}
		}
	}
	if len(slopes) == 0 {
		return 0
	}
	slices.Sort(slopes)
	if slopes[len(slopes)/4] <= 0 {
		return 0
	}
	return slopes[len(slopes)/2]
}

func describeFull(n int, after, limit int64) string {
	gcs := "full GCs"
	if n == 1 {
		gcs = "full GC"
	}
	return fmt.Sprintf("after %d %s the heap was still %s full", n, gcs, share(after, limit))
}

func describeNoRoom(after, limit int64) string {
	return fmt.Sprintf("2 full GCs made no room for a large object, with %s of the heap in use", share(after, limit))
}

func describePauses(part float64, span time.Duration) string {
	return fmt.Sprintf("%.0f %% of the last %.0f s spent collecting garbage", 100*part, span.Seconds())
}

func describeNear(after, limit int64) string {
	return fmt.Sprintf("after the last GC the heap was still %s full", share(after, limit))
}

// share is a part in percent, rounded down: 100 % is full.
func share(part, whole int64) string {
	if whole <= 0 {
		return "an unknown part"
	}
	return fmt.Sprintf("%.0f %%", math.Floor(100*float64(part)/float64(whole)))
}
