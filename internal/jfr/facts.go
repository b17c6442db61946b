// SPDX-License-Identifier: Apache-2.0

package jfr

import (
	"errors"
	"time"
)

// A VMThread is one of the JVM's.
type VMThread struct {
	Name string // as Java names it, or else the system
	ID   int64  // Java's; 0: no Java thread
}

// An AllocationEvent is the kind of event that an allocation was told by. A recording
// may have several kinds, which tell of the same bytes.
type AllocationEvent uint8

// The sources. A Sample's bytes stand for all that its thread allocated since
// its last one (JDK 16 on); an InNewTLAB's for the buffer that the object was
// the first in; an OutsideTLAB's are the object's own.
const (
	Sample AllocationEvent = iota
	InNewTLAB
	OutsideTLAB
)

// An Allocation is one event of an allocation.
type Allocation struct {
	At     time.Time
	Thread VMThread
	Class  string // of the object, as the JVM writes it: "java/lang/String", "[B"
	Bytes  int64  // that it stands for
	Source AllocationEvent
	// Frames are the Java methods under way, innermost first, as "Class.method".
	// They are shared: not to be changed.
	Frames []string
}

// A Collection is one of the garbage collector's.
type Collection struct {
	ID        int64
	At        time.Time
	Duration  time.Duration // of the whole collection
	Paused    time.Duration // sum of its pauses
	Collector string        // "G1New", "G1Old", "SerialOld"
	Cause     string
}

// A Visitor is handed what is read, in the file's order, which is that of time
// only roughly. A nil function passes over its kind.
type Visitor struct {
	Allocation func(*Allocation) // valid during the call
	Collection func(*Collection)
}

// A RecordingSummary is what there is to say of a whole recording.
type RecordingSummary struct {
	Chunks     int
	Start, End time.Time // of its chunks
	// Events counts those of the visitor's kinds.
	Events int
	// LostBytes is what the JVM itself had no room to record.
	LostBytes int64
	// Damage says what could not be read; empty: nothing.
	Damage string
}

// ErrFormat says that a file is no recording.
var ErrFormat = errors.New("not a Java Flight Recorder file")
