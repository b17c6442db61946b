// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// One crash that is told by several paths. A heap dump that is loaded by hand is
// often of a crash that is known already from its console and profile: it lies in
// the very output base that was read, or is a copy of what lies there. Then the two
// are one crash, to which the dump adds what it tells; counted twice they would be
// two crashes of which each has half the evidence.

// A DumpMark tells dumps apart, and whose crash each is of.
type DumpMark struct {
	written    time.Time // as the dump itself says, to the millisecond
	objects    int64
	pid        int    // from the name that the JVM gave it, 0 where it has another
	invocation string // from the name that Bazel gave it
	folder     string
}

var (
	jvmDump   = regexp.MustCompile(`^java_pid(\d+)\.hprof(\.\w+)*$`)
	bazelDump = regexp.MustCompile(`^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.heapdump\.hprof(\.\w+)*$`)
)

// NewDumpMark reads a dump's name; written and objects are what the dump says.
func NewDumpMark(path string, written time.Time, objects int64) DumpMark {
	m := DumpMark{written: written.Truncate(time.Millisecond), objects: objects}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		m.folder = filepath.Dir(real)
	}
	if name := jvmDump.FindStringSubmatch(filepath.Base(path)); name != nil {
		m.pid, _ = strconv.Atoi(name[1])
	}
	if name := bazelDump.FindStringSubmatch(filepath.Base(path)); name != nil {
		m.invocation = name[1]
	}
	return m
}

// dumpDelay is how long after a build's end its dump may have been written, and
// how much the two clocks may differ: writing 64 GB takes minutes.
const dumpDelay = 30 * time.Minute

// ofCrash reports whether the dump is of the crash that an observation tells.
func (m DumpMark) ofCrash(o *Observation) bool {
	s := &o.Summary
	switch {
	case !o.Crashed():
		return false
	case o.Heap != nil && o.Heap.Mark.written.Equal(m.written) && o.Heap.Mark.objects == m.objects:
		return true
	case m.invocation != "":
		return m.invocation == s.InvocationID
	case m.pid == 0 || m.pid != s.ServerPID || o.Heap != nil:
		return false
	case s.Ended.IsZero():
		real, err := filepath.EvalSymlinks(s.Path)
		return err == nil && real == m.folder
	}
	return m.written.Sub(s.Ended).Abs() <= dumpDelay
}

// dumpAlone reports whether an observation is a dump and nothing else.
func (o *Observation) dumpAlone() bool {
	return o.Heap != nil && o.Trace == nil && o.CPU == nil && o.Allocation == nil &&
		!slices.ContainsFunc(o.Crashes, func(c CrashFacts) bool { return c.Source != "heap_dump" })
}

// Joins remember what two observations were joined to, so that a report that is
// repeated has the same ones.
type Joins map[[2]*Observation]*Observation

// OneEach joins the dumps among the observations to the crashes that they are of,
// and leaves out what tells of the same build a second time. What came first keeps
// its place. The warnings say what was joined.
func (j Joins) OneEach(observations []*Observation) (kept []*Observation, warnings []Warning) {
	for _, o := range observations {
		if o.dumpAlone() {
			continue
		}
		if i := slices.IndexFunc(kept, o.sameBuild); i >= 0 {
			warnings = append(warnings, Warning{Path: o.Summary.Path, Message: fmt.Sprintf("of the same build as %s: counted once", kept[i].Summary.Path)})
			kept[i] = j.of(kept[i], o)
			continue
		}
		kept = append(kept, o)
	}
	for _, d := range observations {
		if !d.dumpAlone() {
			continue
		}
		of := func(o *Observation) bool { return d.Heap.Mark.ofCrash(o) }
		if i := slices.IndexFunc(kept, of); i >= 0 {
			warnings = append(warnings, Warning{Path: d.Summary.Path, Message: fmt.Sprintf("the heap dump of the crash in %s: counted once", kept[i].Summary.Path)})
			kept[i] = j.of(kept[i], d)
			continue
		}
		kept = append(kept, d)
	}
	return kept, warnings
}

// sameBuild reports whether both tell of one invocation of Bazel that crashed.
func (o *Observation) sameBuild(other *Observation) bool {
	a, b := &o.Summary, &other.Summary
	return o != other && a.InvocationID != "" && a.InvocationID == b.InvocationID && o.Crashed() && other.Crashed() && len(o.Crashes) == 1 && len(other.Crashes) == 1
}

// of is the first observation with what the second's dump and profile add.
func (j Joins) of(o, more *Observation) *Observation {
	key := [2]*Observation{o, more}
	if made := j[key]; made != nil {
		return made
	}
	made := o
	if o.Trace == nil && more.Trace != nil {
		with := *o
		with.Trace = more.Trace
		made = &with
	}
	if more.Heap != nil && (o.Heap == nil || o.Heap.telling() < more.Heap.telling()) {
		made = made.WithHeap(*more.Heap)
	}
	j[key] = made
	return made
}
