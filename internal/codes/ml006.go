// SPDX-License-Identifier: Apache-2.0

package codes

var ml006 = Documentation{
	Code:     "ML006",
	Title:    "This line is on the stack of a crash",
	Since:    "0.1",
	Severity: Information,
	Text: `
When the Bazel server died of memory, this line was running: it had called, directly or through others, the line that failed (ML001). The whole stack is with the finding.`,
}
