// SPDX-License-Identifier: Apache-2.0

// Package stats holds the statistics that attribution draws on, free of any
// notion of Bazel: numbers in, numbers out, nothing kept.
//
// The data they are for is small: a handful of crashes, a handful of builds
// that passed. So wherever it can be done the test is exact (a sum over all
// outcomes) and not asymptotic; an interval says how little is known; and a
// ratio is never given without one. Every function names its source, and the
// tests hold each against published worked examples or against enumeration.
package stats
