// SPDX-License-Identifier: Apache-2.0

// Package series makes a table of measurements: a row each, with what its
// files tell of memory, time and garbage collection. It reads and writes the
// table of the origin (memory-adventure's stats.sh), a line of CSV a
// measurement, and writes a fuller one as JSON and as text.
//
// # Two ways to count
//
// The origin counts the lines of a profile in which the letters GC occur, and
// takes for the duration the last "ts" of the file minus the first, in the
// order of the file. That is kept to the letter in the CSV, so that old and
// new tables can be compared (see Lines). Everywhere else a garbage
// collection is an event of the category "gc notification", and durations are
// those of the build.
package series
