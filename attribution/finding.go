// SPDX-License-Identifier: Apache-2.0

package attribution

import "example.invalid/starlark-memls/internal/quantity"

// A reason is what one source of evidence says against a subject.
type reason struct {
	// weight is 0 to 1: how far this alone would make one believe that the
	// subject is guilty. Each source states its ceiling and why.
	weight float64
	reason string
	blind  string
}

func crashes(n int) string { return quantity.Count(n, "crash", "crashes") }
