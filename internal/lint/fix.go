// SPDX-License-Identifier: Apache-2.0

package lint

// A Fix rewrites sources so that a finding is gone and the build stays the
// same.
type Fix struct {
	Title string
	Edits []Edit
}

// An Edit replaces a range of a file by a text.
type Edit struct {
	File string
	// Start and End are offsets in bytes.
	Start, End int
	Text       string
}
