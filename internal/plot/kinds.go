// SPDX-License-Identifier: Apache-2.0

package plot

import (
	"fmt"
	"slices"
	"strings"

	"example.invalid/starlark-memls/attribution"
)

// A Subject is what a picture is drawn of.
type Subject string

// What there are pictures of.
const (
	OfSeries  Subject = "series"  // measurements under several limits
	OfProfile Subject = "profile" // one build over its time
	OfReport  Subject = "report"  // what was concluded
)

// A Kind is one of the pictures there are. The command line's help, the
// server's announcement and the editors' choosers are all made of Kinds.
type Kind struct {
	Show string  `json:"show"` // the word that asks for it
	What string  `json:"what"` // it shows
	Of   Subject `json:"of"`

	profile func(*Profile) (*Picture, error)
	report  func(*attribution.Report) (*Picture, error)
}

// ShowLimits is the word for the picture of series, Limits.
const ShowLimits = "limits"

// Kinds are all pictures there are.
func Kinds() []Kind {
	return []Kind{
		{Show: ShowLimits, What: "duration and crashes over the memory limit", Of: OfSeries},
		{Show: "active-gc", What: "collections in progress", Of: OfProfile, profile: ActiveGCs},
		{Show: "gc-duration", What: "pauses, minor and major apart", Of: OfProfile, profile: GCPauses},
		{Show: "gc-difference", What: "time between collections, minor and major apart", Of: OfProfile, profile: GCGaps},
		{Show: "heap", What: "memory of Bazel's JVM (Bazel 5.0 and later)", Of: OfProfile, profile: HeapOverTime},
		{Show: "threads", What: "each thread's last ten seconds, under collections", Of: OfProfile, profile: Threads},
		{Show: "suspects", What: "the suspects' ratios with 95 % intervals", Of: OfReport, report: Suspects},
		{Show: "activity", What: "crashes in which functions were active, and expected", Of: OfReport, report: Activity},
	}
}

// Shows are the words for the pictures there are.
func Shows() []string {
	var words []string
	for _, k := range Kinds() {
		words = append(words, k.Show)
	}
	return words
}

// KindOf is the picture that a word asks for.
func KindOf(word string) (Kind, error) {
	all := Kinds()
	if i := slices.IndexFunc(all, func(k Kind) bool { return k.Show == word }); i >= 0 {
		return all[i], nil
	}
	return Kind{}, fmt.Errorf("unknown plot %q: it is one of %s", word, strings.Join(Shows(), ", "))
}

// Report draws a report, if this is a picture of one.
func (k Kind) Report(r *attribution.Report) (*Picture, error) {
	if k.report == nil {
		return nil, fmt.Errorf("%q is not a plot of a report", k.Show)
	}
	return k.report(r)
}
