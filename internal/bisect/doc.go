// SPDX-License-Identifier: Apache-2.0

// Package bisect finds the commit that made memory grow: by halving a history
// between a good and a bad revision, one build a step, because retained bytes
// are a measurement and no toss of a coin. Revisions that do not build are
// stepped around; where a change is near what equal builds differ by, a
// revision is built again. It works in a git worktree of its own, and leaves
// each build's measurement in a folder, from which it goes on when it is
// started again.
package bisect
