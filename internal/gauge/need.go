// SPDX-License-Identifier: Apache-2.0

package gauge

// A Need is the heap limit that a build would need, estimated from one that
// passed. The zero value is not known.
type Need struct {
	Bytes, LowBytes, HighBytes int64
}

// Ratios of the limit that a build needs to the most that a collection left
// when it passed with more, and the interval that holds 9 of 10: learned from
// the recorded builds (docs/before-the-crash.md; internal/foretell holds these
// to what it computes).
// What collections leave counts garbage as well, the more so the more room
// there is: the ratio is below 1 as often as not.
const (
	needRatio = 0.92
	needLow   = 0.56
	needHigh  = 1.13
)

// Needed estimates the limit that a build needs from the summary of one that
// passed; ok is false where there was none, it did not pass, or was never collected.
func (s BuildSummary) Needed() (need Need, ok bool) {
	if !s.Worked || !s.GoneAt.IsZero() || s.PeakAfterBytes <= 0 {
		return Need{}, false
	}
	return NeedOf(s.PeakAfterBytes, s.LimitBytes), true
}

// NeedOf is the need of a build that passed under a limit, of which a
// collection left peakAfter bytes at most: more than the limit is not needed.
func NeedOf(peakAfter, limit int64) Need {
	at := func(ratio float64) int64 { return int64(ratio * float64(peakAfter)) }
	return Need{Bytes: min(at(needRatio), limit), LowBytes: at(needLow), HighBytes: min(at(needHigh), limit)}
}
