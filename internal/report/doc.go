// SPDX-License-Identifier: Apache-2.0

// Package report writes an [attribution.Report] for people and for programs:
// as text for a terminal, as JSON by the command line's contract, as Markdown
// to share, as quickfix lines for an editor, and as the pages and hovers that
// the language server shows. It concludes nothing of its own: every number and
// every word about guilt is the report's.
//
// What may be shared holds no secrets: previews of values, which come from
// heap dumps, are written by WriteText and Hover only.
package report
