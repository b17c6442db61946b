package gauge

import "time"

// Rules say when a heap is near its limit and when it is dying. DefaultRules
// are chosen on one half of the builds of docs/before-the-crash.md and measured
// on the other.
type Rules struct {
	// Dying: FullCollections collections of the whole heap within
	// FullWindow that nobody asked for, or more than PauseShare of
	// PauseWindow spent in pauses.
	FullCollections int
	FullWindow      time.Duration
	PauseShare      float64
	PauseWindow     time.Duration
	// Serial and Parallel collect the whole heap in the course of things.
	// There a full collection counts if it leaves FullLeaves of the old
	// generation in use.
	FullLeaves float64
	// Dying is over when neither has been seen for Recovery.
	Recovery time.Duration
	// NearShare of the limit left after a collection is near, until one
	// leaves less than FarShare.
	NearShare, FarShare float64
}

// DefaultRules are the measured ones.
func DefaultRules() Rules {
	return Rules{
		FullCollections: 2, FullWindow: 30 * time.Second,
		PauseShare: 0.5, PauseWindow: 5 * time.Second,
		FullLeaves: 0.85,
		Recovery:   30 * time.Second,
		NearShare:  0.85, FarShare: 0.75,
	}
}
