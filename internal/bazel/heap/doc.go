// SPDX-License-Identifier: Apache-2.0

// Package heap finds Starlark's objects in the heap dump of a Bazel server: the
// call stacks with their variables, the values, and who holds the memory.
//
// # Three questions, in the order of their cost
//
// Who was running? Open reads the dump once; Threads are the Starlark stacks
// with file, line and locals, joined with the Java threads that ran them; the
// one that failed is marked. This alone names the guilty function where the
// failing thread ran Starlark and the JVM wrote the dump
// (-XX:+HeapDumpOnOutOfMemoryError: what Bazel 4 and older set themselves). A
// dump that Bazel wrote (--heap_dump_on_oom) comes after that thread has
// unwound, and lacks its stack.
//
// Who holds the memory? Analyze follows every reference. Each live object is
// given to the Skyframe node that every path to it passes (hprof.Graph.Own), and
// the nodes are grouped by target, by what implements them, by .bzl file and by
// function; and once more by provider, field and the place where the instance
// was made, which names a function even in a dump without one Starlark frame.
// In each grouping the rows add up to the live heap; what several hold is a row
// of its own, and so is what Bazel itself holds.
//
// What is odd? Findings are the things people search such dumps for by hand:
// the biggest strings, equal strings, long lists with few distinct elements,
// lists copied again and again, deep depsets, big file contents, masses of
// empty collections.
//
// # Classes by name
//
// Bazel's classes are recognised by class and field name, never by offset, and
// superclasses count: Bazel has moved and split its classes in nearly every
// release. Where a class has other fields than any known one the loss is said
// (Warnings), and all that does not depend on it still works. Checked on dumps
// of real Bazel: 4.2.3, 2.1.0 and 0.29.0. The layouts of 5 to 9 are checked on
// stand-ins: Java programs with classes of those names and fields (testdata).
//
// # Secrets
//
// A heap holds everything. Previews of values are short, and are only in fields
// called Preview; Summary leaves them out unless asked, and Redact takes names
// out as well.
package heap
