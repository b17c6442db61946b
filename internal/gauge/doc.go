// SPDX-License-Identifier: Apache-2.0

// Package gauge says how a JVM's heap is doing, from its counters alone: near
// its limit or not, dying or not, how much time goes to the collector, how much
// is left when it is empty.
//
// A Gauge takes samples one by one and answers with a Reading. The rules are
// those that docs/before-the-crash.md has measured on builds that died and
// builds that passed: a level misleads, for a collector lets the heap fill as
// far as it may before it works; what foretells the end is collections of the
// whole heap, one after the other, that nobody asked for. The same samples can
// be recorded (Recorder) and read again later (Read), with other rules if need
// be.
package gauge
