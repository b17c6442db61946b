// Package attribution decides who is guilty: it joins the facts that Bazel
// left behind with the definitions in the workspace's sources and concludes
// an immutable [Report].
//
// It works in two steps. Package observe condenses one measurement and knows no
// sources, so that an observation never has to be made again when a source is
// edited. [Conclude] joins any number of observations with a snapshot of the
// workspace and ranks; it is cheap, and [Rebase], which repeats only the join,
// is cheap enough for every keystroke. Package gather finds what to observe.
//
// One file per source of evidence says what it saw of a function and how much
// that weighs: frames.go (crash stacks), named.go (what the crash names
// without a stack), loading.go (the package that was being loaded), active.go
// (what was running at the end), gc.go (garbage collections during a
// function's own time), survival.go (what they had to copy), allocation.go and
// cpu.go (pprof samples), retained.go (heap dumps). Each is called from a row of the table of measures
// (measures.go), which all outputs are drawn from; the weights are in one table
// (weights.go). resolve.go finds the definition
// behind a name, posterior.go says how likely it is where several remain (by
// what an observation keeps of calls), rank.go weighs, verdict.go says how far that goes and surer.go
// what would take it further; conclude.go tells the story in order.
//
// Between the two lies tally.go: what observations add up to, in any order and
// one at a time, so that a report grows by a measurement at that measurement's
// cost; body.go derives from it what depends on all.
//
// What builds that passed add is in baseline.go, overrepresentation.go, strata.go
// and growth.go; what was evaluated anew, in restarted.go, reevaluated.go and, who
// was running then, concurrent.go; what
// is inferred where a crash records no end of a call, in unfinished.go, lost.go
// and toplevel.go; the comparison of two reports, in compare.go and compare_measures.go. The statistics
// themselves are in package stats. How often the answer is right is measured
// by package accuracy, and every weight here is judged by that.
package attribution
