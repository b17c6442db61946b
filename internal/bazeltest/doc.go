// SPDX-License-Identifier: Apache-2.0

// Package bazeltest runs real Bazels for tests: it copies one of the examples
// to a directory of the test's own, builds there under a memory limit, and
// leaves nothing behind, neither a server nor a file, also where Bazel runs
// out of memory and hangs.
//
// Only tests import it. Those that start a Bazel carry the build tag e2e, so
// that `go test ./...` stays fast and needs no Bazel; `make test-e2e` runs
// them. Where Bazel is missing they fail and say what to install: a test that
// skips itself proves nothing. It works with process groups and signals, and
// so is for Unix alone.
package bazeltest
