// SPDX-License-Identifier: Apache-2.0

// Package lsp is the language server: it shows an attribution.Report on the
// lines of the sources, in whichever editor speaks the Language Server
// Protocol (3.18 and older). It analyses nothing itself.
//
// This package says what is answered: the routes, the commands, and what is
// told of the server when it is initialized. The rooms below it, each of which
// knows only those before it:
//
//   - text: a document and its edits, lines and positions. Between an edit and
//     the next analysis, marks follow their lines by arithmetic, so typing
//     costs microseconds however large the workspace is.
//   - settings: what a user can choose, as a table.
//   - show: the snapshot that a request looks at, and what an editor shows of
//     it: lenses, hints, hovers, findings, pages. A snapshot is immutable: a
//     request never waits for analysis, and never sees a document version other
//     than the one that was current when the request was read.
//   - wire: the connection. Notifications run in wire order; every other
//     request takes its snapshot in wire order and runs beside the others.
//   - session: what goes on behind the requests, and makes the next snapshot:
//     documents, folders, the watched output base, the analysis. Background
//     work has an owner, is cancelled when it is overtaken, and tells the client
//     afterwards what to ask for again.
//   - picture and sweep: what is drawn, and what is measured, on request.
package lsp
