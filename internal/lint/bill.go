// SPDX-License-Identifier: Apache-2.0

package lint

// A Bill is what was measured at a finding.
type Bill struct {
	RetainedBytes  int64
	AllocatedBytes int64
	Targets        int64
	// Share is RetainedBytes of all that Starlark code retains, 0 to 1.
	Share float64
	// Of is whose bytes they are: "AuditInfo.records", "collect_impl".
	Of string

	ofField bool // and not a function's
}
