// SPDX-License-Identifier: Apache-2.0

//go:build editors

// Package test drives the real editors: a VS Code in a browser, two Neovims,
// Emacs, and Microsoft's own client library, each with the server under test,
// on the example workspace, after a real Bazel has run out of memory in it.
//
// The editors are told what to do in their own languages (../vscode/test,
// ../nvim/test, ../emacs/test, ../protocol); here is what they have in common.
// `make test-editors` installs what is needed and runs all, `make test-vscode`
// and the like one of them.
package test
