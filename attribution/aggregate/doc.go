// SPDX-License-Identifier: Apache-2.0

// Package aggregate adds observations up and calculates from them what each
// function name, each place and each crash shows over all builds. It knows
// observations and statistics, and no sources: what it concludes from the same
// measurements stays true whatever is edited.
//
// [Totals] are sums, one observation at a time and in any order; [Statistics] are
// what follows from them as a whole: shares, ratios with their intervals, tests.
// Start reading at [New].
package aggregate
