// SPDX-License-Identifier: Apache-2.0

// Package watch follows a Bazel server by its counters while a command runs: it
// finds the server that the command uses, samples it, says how it does, and
// asks it for its heap where that was wished for. To look costs the server
// nothing.
package watch
