// SPDX-License-Identifier: Apache-2.0

// Package holders crashes a real Bazel in ways in which the function that holds
// the memory is not the one that a stack names first, and asks the program.
package holders
