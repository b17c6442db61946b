// SPDX-License-Identifier: Apache-2.0

package measurement

// UnaskedBytes is the size of a file up to which work that nobody asked for (the
// editor's at the end of a build, the report without a path) reads it: that
// takes a second or two. A larger file is offered, and read where somebody says
// so.
const UnaskedBytes = 256 << 20
