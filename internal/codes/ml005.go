// SPDX-License-Identifier: Apache-2.0

package codes

var ml005 = Documentation{
	Code:     "ML005",
	Title:    "Bazel ran out of memory while evaluating this target",
	Since:    "0.1",
	Severity: Warning,
	Text: `
The crash names this target as the one under evaluation. The target is rarely to blame: the function that ran for it is, and is linked as related information. But it is the way to reproduce the crash with a small build: build this target alone, with the same memory limit.`,
}
