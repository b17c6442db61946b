// SPDX-License-Identifier: Apache-2.0

package gauge

import "time"

// Rules say when a heap is near its limit and when it is dying. DefaultRules
// are chosen on one half of the builds of docs/before-the-crash.md and measured
// on the other.
type Rules struct {
	// Dying: FullCollections collections of the whole heap within FullWindow
	// that nobody asked for and that leave FullLeaves of the heap in use (Serial
	// and Parallel, which collect all of it in the course of things: of the old
	// generation).
	FullCollections int
	FullWindow      time.Duration
	FullLeaves      float64
	// Dying at once: two of them within QuickGap, one of which left less than
	// that: a large object found no room twice. 0, and with Serial and Parallel:
	// it is no sign.
	QuickGap time.Duration
	// Dying, too: more than PauseShare of PauseWindow spent in pauses while
	// FullLeaves of the heap are left in use.
	PauseShare  float64
	PauseWindow time.Duration
	// Dying is over when neither has been seen for Recovery.
	Recovery time.Duration
	// NearShare of the limit left after a collection is near, until one
	// leaves less than FarShare.
	NearShare, FarShare float64
}

// DefaultRules are the measured ones.
func DefaultRules() Rules {
	return Rules{
		FullCollections: 3, FullWindow: 30 * time.Second, FullLeaves: 0.9, QuickGap: time.Second,
		PauseShare: 2, PauseWindow: 5 * time.Second, // the share by itself foretold nothing more
		Recovery:  30 * time.Second,
		NearShare: 0.85, FarShare: 0.75,
	}
}
