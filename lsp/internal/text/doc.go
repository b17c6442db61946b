// SPDX-License-Identifier: Apache-2.0

// Package text holds documents as the protocol counts them: lines, positions in
// whichever encoding was agreed upon, and where a line went through the edits.
package text
