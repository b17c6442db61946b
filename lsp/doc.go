// Package lsp is the language server: it shows an attribution.Report on the
// lines of the sources, in whichever editor speaks the Language Server
// Protocol (3.18 and older).
//
// It analyses nothing itself. What happens in it:
//
//   - Messages come in on one connection (transport.go) and are dispatched by
//     the table in routes.go. Notifications run in wire order; every other
//     request takes the state of its moment and runs beside the others.
//   - The state is one immutable snapshot behind an atomic pointer
//     (snapshot.go): open documents, settings, and for each workspace folder
//     its sources, observations and report. A request never waits for
//     analysis, and never sees a document version other than the one that
//     was current when the request was read.
//   - Background work (background.go) builds what the next snapshot holds:
//     it has an owner, is cancelled when it is overtaken, and tells the
//     client afterwards what to ask for again.
//   - One file per request (code_lens.go, hover.go, …) and per command
//     (command_*.go) turns the report's marks (marks.go) into protocol
//     types. Positions are counted by document.go in the encoding that was
//     agreed upon.
//
// Between an edit and the next analysis, marks follow their lines by
// arithmetic (line_edits.go), so typing costs microseconds however large the
// workspace is.
package lsp
