// SPDX-License-Identifier: Apache-2.0

// Package join ties what observations show to the definitions of a workspace: a
// printed file and line to the function there, a bare name to the functions that it
// may be, with their probabilities, a label or an aspect to what implements it. It
// says what was seen of whom, not who is to blame. Start reading at [New].
//
// What it resolves it resolves once, when a report is first concluded
// ([Resolutions]); later snapshots of the sources follow that.
package join
