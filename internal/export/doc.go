// SPDX-License-Identifier: Apache-2.0

// Package export carries what is known into the tools that people already have:
// pprof's profiles, folded stacks and speedscope's files, and the one page of HTML.
//
// All are written from Stacks: samples of a stack, outermost first, with a value
// for each measure. A heap becomes Stacks by its cells (FromHeap), which share out
// the live heap, so that the totals are heap's to the byte; what a measurement kept
// of a heap (FromRetained) and a report (FromReport) have one sample a holder or
// function, with the totals of their tables.
//
//	rule or aspect › implementing function › function under way or that made it › provider.field › target
//
// A trace profile goes into trace viewers as Repair writes it: whole, whatever it
// was cut by, with the findings in it.
//
// In pprof, which has labels, the target is a label (-tagleaf=target shows it as
// the last frame); elsewhere it is the last frame.
package export
