// SPDX-License-Identifier: Apache-2.0

// Package budget holds the heap of a build against the budget that a repository
// keeps in memls.toml: so much for the live heap, so much for the memory limit,
// so much for each function. It finds what is over it, and can write the file
// anew from a build.
package budget
