// SPDX-License-Identifier: Apache-2.0

// Package growth works out, from one build, how what it holds grows with its
// targets. It knows numbers only: which target depends on which, and how many
// bytes each has made.
//
// A target with n targets below it is a build of n targets, so that one build holds
// many smaller ones. Two things are learned from them. What one target makes, as a
// function b(n) of how many it has below: a sum of terms that a program has (1,
// log n, n, n log n, n², n³) with weights that are not negative, chosen by least
// squares and an information criterion. And how the targets' n are spread in a
// larger build: from the builds of about half the size, term by term. Together
// they say what twice the targets would make, if the build goes on as it has grown.
//
// The intervals are 95 % ones, of a bootstrap over the targets that chooses the
// terms anew each time; growth_test.go holds them to simulated builds.
package growth
