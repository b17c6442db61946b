// SPDX-License-Identifier: Apache-2.0

// Package bench holds the benchmarks that compare whole programs: ours and
// what a user would otherwise run, one after the other in the same run, since
// machines are noisy and only the ratio can be trusted.
package bench
