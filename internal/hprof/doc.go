// SPDX-License-Identifier: Apache-2.0

// Package hprof reads Java heap dumps: the records of the format, and the graph
// of objects that was alive when the dump was written. It knows nothing of what
// the objects mean.
//
// # What is asked of it
//
// A dump is as large as the heap that overflowed: commonly 1 to 16 GB, often on
// the machine of somebody who wants to know one thing. So the questions are
// answered in stages, and each stage costs no more than its question:
//
//	Open          one pass; classes, roots, threads with stacks, a histogram,
//	              and any object by its id. Memory: about a byte an object.
//	Graph         two passes; the references, packed.
//	Reach         how firmly each object is held.
//	Own           who holds what, for groups of objects, in several ways at
//	              once; and what a few single objects retain.
//	PathToRoot    why an object is alive.
//	Dominators    what every object retains.
//
// # How it stays small
//
// Ids are addresses, and HotSpot writes its heap in the order of addresses.
// Three things follow, and the package is built on them. A look-up by id needs
// no table of ids: every 32 objects' first id and file offset are enough
// (blocks.go). A dense number for each object, which the graph algorithms want,
// is the rank of a bit in a bitmap over the heap (numbering.go). And an
// object's size in the JVM, which the dump does not hold, is the distance to
// the next (layout.go). Where ids are no addresses each of the three has a
// slower way that makes no such assumption; none of them is wrong on any dump.
//
// From there on everything is a column of numbers, an entry an object: no Go
// object an object, nothing for the garbage collector to walk. References are
// kept as differences, or read again (packed.go). All but Dominators stay under
// 16 bytes an object; the memory of each stage stands at its head.
//
// A dump that is compressed, or comes through a pipe, is read as quickly and from
// as little memory, beside a third to a tenth of its size of the disk, for as long
// as it takes (spool.go).
//
// # What it promises
//
// A dump that ends early (the JVM was killed while writing, the disk was full)
// or is damaged gives everything before that place, and Dump.Damage says so.
// Lengths in the file are believed only as far as the file itself goes: what is
// allocated is bounded by a small multiple of the file's size, whatever it
// says. All that takes long takes a context and stops within milliseconds.
//
// Sizes are estimates of the JVM's layout, and called so.
//
// The format: the comment "HPROF binary format" in HotSpot's
// src/hotspot/share/services/heapDumper.cpp; Android's additions:
// art/runtime/hprof/hprof.cc. Checked against JDK 11 and 17.
package hprof
