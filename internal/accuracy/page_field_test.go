// SPDX-License-Identifier: Apache-2.0

package accuracy

import "example.invalid/starlark-memls/attribution"

// field is what to expect: workspaces in the shape of a repository at work.
func (p page) field(open, held *FieldScore) {
	p.line("Of one crash without a heap dump the first suspect is the right one in %s of scenarios of which none was looked at while the method was made: %s where Bazel could close its profile, %s where the last events are missing, %s where no Starlark call is left of it. Read the intervals (95 %%, Wilson, with the number of scenarios): they are few.\n",
		percentOf(held.All), endWords(held, closed), endWords(held, cut), endWords(held, lost))
	p.line("These are field scenarios: a repository of services in layers with a culprit of a shape that the method was not made on (`internal/accuracy/generate`, `Field`), built by a real Bazel 4.2.3 until it dies. Half of them are held out by their names: no weight is chosen on those, and `internal/accuracy/explain` refuses to tell of them. Their sums have been seen while the method was made, and once acted on: that *likely* needs a second witness was decided when it was wrong in three of four of them, so that what is said of it here is not wholly held out. A profile is *closed* where Bazel could still write its end, *cut* where the last events are missing, *lost* where no Starlark call is left of it.\n")
	p.line("| scenarios | profile | the first suspect is right | it is among three | most common at the crash |\n|---|---|---:|---:|---:|")
	for _, half := range halves(open, held) {
		for _, e := range ends {
			if s := half.score.Top1[e]; s != nil {
				p.line("| %s | %s | %s | %s | %s |", half.name, e, percentOf(*s), percentOf(*half.score.Top3[e]), percentOf(*half.score.Baseline[e]))
			}
		}
		p.line("| %s | all | %s | | |", half.name, percentOf(half.score.All))
	}
	p.line("\nWith more at hand, and what the verdict on the first suspect is worth; the last column is of the %d scenarios without a culprit, open and held out.\n", open.WithoutCulprit+held.WithoutCulprit)
	p.line("| at hand | scenarios | the first suspect is right | sure | likely | possible | without a culprit: sure, likely, possible |\n|---|---|---:|---:|---:|---:|---:|")
	for _, what := range atHands {
		for _, half := range halves(open, held) {
			j := half.score.Judged[what]
			if j.Top1.Of == 0 {
				continue
			}
			p.line("| %s | %s | %s | %s | %s | %s | %.3g, %.3g, %.3g |", what, half.name, percentOf(j.Top1),
				rightOf(j.Verdicts[attribution.Sure]), rightOf(j.Verdicts[attribution.Likely]), rightOf(j.Verdicts[attribution.Possible]),
				alarms(j, attribution.Sure), alarms(j, attribution.Likely), alarms(j, attribution.Possible))
		}
	}
}

// A half is the open field scenarios, or those held out.
type half struct {
	name  string
	score *FieldScore
}

func halves(open, held *FieldScore) []half { return []half{{"open", open}, {"held out", held}} }

func endWords(f *FieldScore, e end) string {
	if s := f.Top1[e]; s != nil {
		return percentOf(*s)
	}
	return "not measured"
}

func alarms(j *Judged, v attribution.Verdict) float64 {
	if s := j.FalseAlarms[v]; s != nil {
		return s.Of
	}
	return 0
}

func rightOf(s *Share) string {
	if s == nil {
		return "never said"
	}
	return percentOf(*s)
}
