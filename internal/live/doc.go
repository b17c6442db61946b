// SPDX-License-Identifier: Apache-2.0

// Package live asks a running Bazel server for its heap, and arms it to leave
// one when it dies.
//
// Nothing here happens by itself: to ask stops the server for as long as the
// dump takes, so that the user says so first, knowing the Cost. The server is
// verified before it is asked (package server), one asks at a time, and nothing
// is left on the disk.
//
// # How the heap comes over
//
// Through a pipe that has no name: the JVM is told to write to
// /proc/<our pid>/fd/<our pipe>, which exists as long as this process does. So
// there is no file, ever, and if this process is killed at any moment the JVM
// either finds no such path, or its write fails: it says so and goes on. (With
// a named pipe it would wait for a reader that never comes, with all its
// threads at a stop.)
//
// Where that does not work (a JVM before 17, macOS, a server that does not see
// our /proc) the dump goes, gzip'd where the JVM can, to a file without a name
// or, failing that, to a file in a private folder that loses its name as soon
// as it is there. What a killed process has left of that is removed the next
// time.
package live
