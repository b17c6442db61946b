// SPDX-License-Identifier: Apache-2.0

// Package retained compares who holds the heap: of two builds, or of two sets of
// them. The retained bytes of a build that passed are a measurement and no toss
// of a coin, as a crash is: of equal builds most holders hold the same bytes to
// the byte (docs/memory-in-ci.md has the measured table), so that one build a
// side says what a change did.
//
// Heaps are read from whatever has them: a retained.json, a heap dump, what is
// kept of one (heap.json), measurements and series of them.
package retained
