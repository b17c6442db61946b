// SPDX-License-Identifier: Apache-2.0

package perfdata

import (
	"strconv"
	"strings"
	"time"
)

// A Collector is a family of garbage collectors.
type Collector string

// The collectors whose counters are known.
const (
	G1         Collector = "G1"
	Serial     Collector = "Serial"
	Parallel   Collector = "Parallel"
	ZGC        Collector = "ZGC"
	Shenandoah Collector = "Shenandoah"
	Unknown    Collector = ""
)

// Pauses are the collections of one kind since the JVM started. For ZGC and
// for G1's concurrent cycles they are the pauses in it, several a cycle.
type Pauses struct {
	Count int64
	Time  time.Duration // the time that the program stood still for them
}

// A Sample is what a JVM's counters say of its heap at one moment.
type Sample struct {
	Collector Collector
	// UsedBytes are in use, garbage included. With G1 the number moves at
	// collections; between them it lags (JDK 17 and older: by 50 ms).
	UsedBytes int64
	// OldBytes are those of the old generation: of the whole heap where
	// there are no generations.
	OldBytes int64
	// LimitBytes is what the heap can grow to (-Xmx), OldLimitBytes what
	// the old generation can: less than LimitBytes with Serial and Parallel,
	// all of it with G1 and ZGC. 0: not told.
	LimitBytes, OldLimitBytes int64
	// Young, Full and Concurrent are the collections by what they collect.
	Young, Full, Concurrent Pauses
	// Cause is that of the collection under way, "" between two; LastCause
	// that of the last one, "" if there was none. Words of the JVM's own
	// (gcCause.cpp): "System.gc()", "G1 Compaction Pause", ….
	Cause, LastCause string
	// Safepoints is the time in which all threads stood still, for
	// collections and all else.
	Safepoints time.Duration
	// Threads is how many Java threads there are.
	Threads int64
}

// PauseTime is the time that the program stood still for collections.
func (s Sample) PauseTime() time.Duration { return s.Young.Time + s.Full.Time + s.Concurrent.Time }

// Collections is how many there were, of any kind.
func (s Sample) Collections() int64 { return s.Young.Count + s.Full.Count + s.Concurrent.Count }

// Asked reports whether a collection's cause is that somebody asked for it, or
// something else than a heap that is full: System.gc(), which Bazel calls
// itself, a heap dump, a class histogram, the metaspace.
func Asked(cause string) bool {
	switch cause {
	case "System.gc()", "Heap Dump Initiated GC", "Heap Inspection Initiated GC", "Diagnostic Command",
		"JvmtiEnv ForceGarbageCollection", "Warmup", "Proactive", "Timer",
		"Metadata GC Threshold", "Metadata GC Clear Soft References", "CodeCache GC Threshold":
		return true
	}
	return strings.HasPrefix(cause, "WhiteBox")
}

// Stalled reports whether a cause says that a thread of a concurrent
// collector's program had to wait for memory.
func Stalled(cause string) bool {
	return cause == "Allocation Stall" || cause == "Degenerated GC"
}

// Sample sums up the counters. It does not fail: what a JVM does not tell
// stays zero.
func (c *Counters) Sample() Sample {
	s := Sample{Collector: c.collector(), Cause: cause(c.Text("sun.gc.cause")), LastCause: cause(c.Text("sun.gc.lastCause"))}
	s.Young, s.Full, s.Concurrent = c.pauses(0), c.pauses(1), c.pauses(2)
	young, _ := c.spaces(0)
	old, oldLimit := c.spaces(1)
	s.UsedBytes, s.OldBytes, s.OldLimitBytes = young+old, old, oldLimit
	s.LimitBytes = c.limit(oldLimit, s.Collector)
	s.Safepoints = c.ticks("sun.rt.safepointTime")
	s.Threads, _ = c.Long("java.threads.live")
	if s.Collector == ZGC {
		// Its major collections are counted where others count concurrent
		// cycles; none of them stops the program for long.
		s.Concurrent.Count += s.Full.Count
		s.Concurrent.Time += s.Full.Time
		s.Full = Pauses{}
	}
	if s.Collector == Shenandoah {
		// "Shenandoah full" counts each pause of its cycles.
		s.Concurrent, s.Full = s.Full, Pauses{}
	}
	return s
}

// cause leaves out the words for none.
func cause(text string) string {
	if text == "No GC" {
		return ""
	}
	return text
}

// collector tells the family by what the collectors call themselves, which
// changed in JDK 20 ("PSScavenge" became "Parallel young collection pauses").
func (c *Counters) collector() Collector {
	names := c.Text("sun.gc.collector.0.name") + " " + c.Text("sun.gc.collector.1.name") + " " + c.Text("sun.gc.collector.2.name")
	for _, known := range []struct {
		sign string
		is   Collector
	}{
		{"G1", G1}, {"Shenandoah", Shenandoah}, {"ZGC", ZGC}, {"Z concurrent", ZGC},
		{"PS", Parallel}, {"Parallel", Parallel}, {"Serial", Serial}, {"MSC", Serial}, {"Copy", Serial},
	} {
		if strings.Contains(names, known.sign) {
			return known.is
		}
	}
	return Unknown
}

func (c *Counters) pauses(collector int) Pauses {
	prefix := "sun.gc.collector." + strconv.Itoa(collector) + "."
	n, _ := c.Long(prefix + "invocations")
	return Pauses{Count: n, Time: c.ticks(prefix + "time")}
}

// ticks is a length of time counted in the high resolution timer's ticks.
func (c *Counters) ticks(name string) time.Duration {
	n, _ := c.Long(name)
	frequency, ok := c.Long("sun.os.hrt.frequency")
	if !ok || frequency <= 0 {
		frequency = 1e9
	}
	if frequency == 1e9 {
		return time.Duration(n)
	}
	return time.Duration(float64(n) / float64(frequency) * 1e9)
}

// spaces sums up a generation: bytes in use, and what its one space (of an old
// generation) can grow to.
func (c *Counters) spaces(generation int) (used, limit int64) {
	prefix := "sun.gc.generation." + strconv.Itoa(generation) + ".space."
	for i := 0; ; i++ {
		space := prefix + strconv.Itoa(i) + "."
		n, ok := c.Long(space + "used")
		if !ok {
			break
		}
		used += n
		most, _ := c.Long(space + "maxCapacity")
		limit += most
	}
	return used, limit
}

// limit is what the whole heap can grow to. Serial and Parallel share it out
// between their generations; the others count all of it in each, and G1 of JDK
// 17 and older pads every capacity by 8 bytes so that none is 0.
func (c *Counters) limit(oldLimit int64, collector Collector) int64 {
	const page = 4096
	if collector == Serial || collector == Parallel {
		young, _ := c.Long("sun.gc.generation.0.maxCapacity")
		oldLimit += young
	}
	return oldLimit &^ (page - 1)
}

// JavaVersion is the JVM's version, such as "17.0.15".
func (c *Counters) JavaVersion() string { return c.Text("java.property.java.version") }

// Flags are the JVM's own arguments, in one line as the JVM tells them: blanks
// within an argument are not told from those between two.
func (c *Counters) Flags() string { return c.Text("java.rt.vmArgs") }
