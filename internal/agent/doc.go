// SPDX-License-Identifier: Apache-2.0

// Package agent is the door for programs that ask in words of their own: a server
// of the Model Context Protocol on standard input and output.
//
// A tool answers with a verdict, how certain it is, the place in the sources, why,
// and what to do next: at most MaxAnswer bytes, so that a conversation stays
// short. What other people wrote (labels, paths, messages, lines of source) is
// made plain and stands in fields that say so; no value of a variable, no
// environment and no command line is ever in an answer. Whatever would disturb a
// living server or run Bazel is there only where the user has allowed it when
// starting.
//
// The package holds no analysis of its own: it asks a Source and shortens.
package agent
