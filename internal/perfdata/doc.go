// SPDX-License-Identifier: Apache-2.0

// Package perfdata reads the counters that a HotSpot JVM keeps about itself.
//
// A JVM maps a small file, hsperfdata_<user>/<pid> in the system's temporary
// folder, and keeps some two hundred counters in it: heap spaces, collections
// by collector with their time, the cause of the last one, safepoints, flags,
// versions. jstat and jps read it. Reading it costs a tenth of a millisecond,
// and the JVM neither notices nor has to be able to answer: the file can be
// read when nothing else of the JVM moves any more, and it stays behind, with
// the last values, when the process is killed with SIGKILL.
//
// Format (JDK: jdk.internal.vm perfMemory.hpp, perfData.hpp, version 2.0; the
// version below it was last written in 2002):
//
//	 0 magic 0xcafec0c0, big endian
//	 4 byte order of all that follows: 0 big, 1 little
//	 5 major version, 6 minor version, 7 accessible (0: not filled in yet)
//	 8 bytes used, 12 bytes that found no room, 16 time of modification (ticks)
//	24 offset of the first entry, 28 number of entries
//	entry: length, name's offset, vector length (0: a scalar), type (a letter
//	       of the class file format: J long, B bytes), flags, unit,
//	       variability, data's offset
//
// Which counters there are depends on version and collector; Sample brings
// those of G1, Serial, Parallel, ZGC and Shenandoah under one roof. The
// package knows nothing of Bazel.
package perfdata
