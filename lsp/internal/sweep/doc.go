// SPDX-License-Identifier: Apache-2.0

// Package sweep runs a sweep over memory limits, or the search for the limit, on
// the user's word, and tells of each build as it ends.
package sweep
