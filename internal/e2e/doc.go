// SPDX-License-Identifier: Apache-2.0

// Package e2e proves the whole way with nothing in it made up: a real Bazel
// that runs out of memory, the program as users run it, the language server
// over its pipes.
package e2e
