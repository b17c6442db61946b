// SPDX-License-Identifier: Apache-2.0

package codes

var ml007 = Documentation{
	Code:     "ML007",
	Title:    "What this line makes holds much of the heap",
	Since:    "0.1",
	Severity: Warning,
	Text: `
A heap dump of a crash shows what the memory hangs on, and this is where it was made: the constructor of the provider whose field holds it, the line that a call with a large variable had come to, or the function whose actions hold files' contents. Where the dump shows that it could be made with less, the finding says how and how much would be saved; the bytes are computed on the heap, object by object.

This is the line to change, more than the one that failed (ML001): who asked for the last byte need not hold the others.`,
}
