// SPDX-License-Identifier: Apache-2.0

// Package measure runs Bazel: one build under a memory limit, or a sweep over
// limits, and keeps what each build leaves behind as a measurement. It is the
// only package that starts a process, and it knows nothing of attribution.
//
// # The user's server stays as it is
//
// A different -Xmx restarts a Bazel server, and a restarted server has lost
// its analysis cache. So every build here runs on an output base of our own,
// marked as such, and with the convenience links switched off, for a build on
// another output base would otherwise re-point the workspace's bazel-* links.
// Nothing is ever asked of the user's server.
//
// # Each build starts cold
//
// The server is ended after each build, and the outputs and the action cache
// of the output base are removed: a build that finds its analysis done needs
// other memory than one that has to do it. Fetched external repositories stay;
// they cost no heap and much time, and the warm-up run fetches them.
//
// # What ends a build
//
// Its own exit, as a rule. A heap that is nearly full can thrash for hours,
// and a server whose every thread failed to allocate can hang with its client
// waiting for it (Bazel 4.2.3 does). So each build has a time limit, and a
// heap dump that is complete ends the wait for a server that has nothing left
// to do. Stopping goes from polite to final: an interrupt to the client, as by
// Ctrl-C; then the server's process, after its start time and its output base
// have shown that it is ours; then whatever is left of the client.
//
// # Whole or not at all
//
// A build is recorded in a folder with a name that nobody reads, and renamed
// to its own when it is whole. So a sweep can be killed at any moment and
// taken up again: what has its name is done, what has not is to do.
package measure
