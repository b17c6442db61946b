// SPDX-License-Identifier: Apache-2.0

// Package living shows the workspace's running Bazel server: how its heap does,
// from the counters that its JVM keeps for whoever looks; and, when a user says
// so, who holds its memory.
package living
