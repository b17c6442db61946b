// SPDX-License-Identifier: Apache-2.0

// Package generate makes workspaces in which it is known who fills the heap.
//
// A scenario is made from its number alone: the same number gives the same
// files, byte for byte, on every machine. So the recorded corpus needs no
// sources beside it, and the scorer can check that they are the ones that were
// built.
//
// Each has one or two culprits of a known kind (a template in templates/, with
// a comment that says what is guilty) and, around them, what makes attribution
// hard in a real code base: functions that use the processor and hold nothing,
// one innocent that runs for most of the build, functions of one name in
// several files, a helper that culprits and innocents share, and the same in
// the loading phase. A scenario without a culprit is merely big: many
// functions, each of which rightly keeps its part.
package generate
