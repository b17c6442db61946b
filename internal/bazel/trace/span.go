// SPDX-License-Identifier: Apache-2.0

package trace

// A Span is a stretch of a profile's time, from Start up to but not with End,
// in microseconds.
type Span struct{ Start, End int64 }

// Micros is its length.
func (s Span) Micros() int64 { return s.End - s.Start }

// Common is the length of what two spans have in common.
func (s Span) Common(o Span) int64 { return max(0, min(s.End, o.End)-max(s.Start, o.Start)) }

// Contains reports whether o lies within s.
func (s Span) Contains(o Span) bool { return s.Start <= o.Start && o.End <= s.End }

// Span is the time of the event.
func (e *Event) Span() Span { return Span{e.StartMicros, e.EndMicros()} }
