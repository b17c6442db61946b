// SPDX-License-Identifier: Apache-2.0

package text

import "testing"

// TestColumnsOfBazelAreBytes: for `    t = "üü😀"; _b(t)` Bazel 4.2.3 prints
// column 23, where the call stands after 22 bytes and 17 characters.
func TestColumnsOfBazelAreBytes(t *testing.T) {
	t.Parallel()
	const line = `    t = "üü😀"; _b(t)`
	tests := []struct {
		column int
		want   string // the rest of the line
	}{
		{0, line},
		{1, line},
		{5, `t = "üü😀"; _b(t)`},
		{23, `(t)`},
		{11, `üü😀"; _b(t)`}, // inside of a character: its start
		{99, ``},
	}
	for _, tt := range tests {
		if got := line[ColumnOffset(line, tt.column):]; got != tt.want {
			t.Errorf("column %d leads to %q, want %q", tt.column, got, tt.want)
		}
	}
}
