// SPDX-License-Identifier: Apache-2.0

// Package trace reads Bazel's JSON trace profile (`--profile`,
// `command.profile.gz`): the events of a build in the order Bazel wrote them,
// what the profile says of itself, and facts that follow from its events
// alone: nested Starlark calls, garbage collections, phases, memory counters,
// and the functions that were active at the end.
//
// # Format
//
// The profile is Chrome's trace event format in its object form,
//
//	{"otherData":{...},"traceEvents":[
//	    {"cat":"gc notification","name":"minor GC","ph":"X","ts":12,"dur":3000,"pid":1,"tid":24},
//	  ]
//	}
//
// written by com.google.devtools.build.lib.profiler.Profiler (Bazel 4) and
// JsonTraceFileWriter (5 and later), one event a line, gzip or plain. Times
// are microseconds since the profile's start. Versions 3 to 9 differ in
// otherData (bazel_version from 6.1 on, profile_start_ts from 8), in the
// threads' names and in the counters, which are strings up to 6 and come last
// in the file. See facts.go for the categories.
//
// # What is read
//
// Any layout of that format is read, Bazel's the fastest: one event a line,
// pretty-printed, a single line, a bare array, other orders of keys. gzip is
// recognised by its first bytes, never by name. The reader streams: memory
// does not grow with the file, whatever the file is.
//
// # Damage
//
// A profile is cut wherever the server died. Every event wholly before the
// cut is delivered, be the cut in the JSON or in the gzip stream, and
// [Summary.Damage] says what is lost. An empty file, or a gzip header alone,
// is what a killed server leaves: no error, [BlindEmpty]. What is not a trace
// profile is a [FormatError].
package trace
