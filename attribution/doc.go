// SPDX-License-Identifier: Apache-2.0

// Package attribution decides who is guilty: it joins the facts that Bazel
// left behind with the definitions in the workspace's sources and concludes
// an immutable [Report].
//
// Package gather finds measurements, observe condenses each of them, aggregate adds
// them up; none of these knows a source, so that nothing of it has to be made
// again when a source is edited. Package join ties what they add up to to the
// definitions of a snapshot of the workspace. [Conclude] does all this and judges;
// [Rebase], which repeats only the join, is cheap enough for every keystroke. Start
// reading at Conclude.
//
// The table of measures ([Measures]) is what is known of a function in numbers:
// all outputs are drawn from it. What each weighs at most is in package weights,
// the statistics themselves are in package stats. How often the answer is right is
// measured by package accuracy, and every weight is judged by that.
package attribution
