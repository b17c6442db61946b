// SPDX-License-Identifier: Apache-2.0

// Package picture draws what a user asks to see: series over their limits, one
// profile, or the report.
package picture
