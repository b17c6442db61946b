// SPDX-License-Identifier: Apache-2.0

// Package accuracy measures how often attribution is right.
//
// The corpus (corpus/, recorded by ./record with a real Bazel from the
// workspaces that ./generate makes) holds builds that crashed and builds that
// passed, of workspaces in which it is known who fills the heap. The score is
// the share of questions that are answered rightly: given n crashes of a
// scenario and its builds that passed, who is to blame?
//
// An answer with k candidates counts 1/k. A scenario counts once, however many
// selections of its crashes were asked about, and the intervals are over
// scenarios: crashes of one workspace are not independent. Crashes without a
// readable profile stay in the first of the two populations that every score
// is given for; the second has those with one only.
package accuracy
