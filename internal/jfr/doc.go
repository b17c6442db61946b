// SPDX-License-Identifier: Apache-2.0

// Package jfr reads Java Flight Recorder files: who allocated how much, when,
// and when the heap was collected. It knows nothing of Bazel.
//
// A recording is a sequence of chunks, each with a header of fixed layout,
// events, constant pools ("checkpoints") and a description of every type that
// occurs in it ("metadata"). The reader follows that description, so that it
// reads what JDK 9 to 25 and async-profiler write, with fields of one version
// that another does not have; what it does not ask for it passes over by its
// length. Nobody specifies the format but its readers and writers: here
// jdk.jfr.internal.consumer.ChunkParser and the recorder in hotspot/share/jfr.
// The tests hold the package to what `jfr print` says of the same file.
//
// A chunk is read twice, as its metadata stand at its end. What is kept in
// memory is the constant pools of one chunk, which are bounded.
//
// No Go library reads the events that are wanted here (github.com/grafana/jfr-parser
// has neither jdk.ObjectAllocationSample nor jdk.GarbageCollection).
package jfr
