// SPDX-License-Identifier: Apache-2.0

// Package problems writes what was found in a build or its sources in the
// forms that code hosts and their continuous integration read: SARIF 2.1.0
// (code scanning), GitHub's annotations, GitLab's code quality, and JUnit. It
// finds nothing of its own, and knows neither Bazel nor heaps.
//
// The writers are small and our own: github.com/owenrumney/go-sarif, the
// library there is for SARIF, links a validator with its schema into the
// program and writes every member of every object, set or not. The tests hold
// the output to that library and to that schema instead.
package problems
