// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"example.invalid/starlark-memls/attribution/join"
	"example.invalid/starlark-memls/internal/quantity"
)

// enoughCrashes is the number from which one more adds little.
const enoughCrashes = 5

// surer says what would make the answer surer, in the order of what it costs:
// what lies there already, what was left behind by the same build, and then what
// takes another one, most useful first. A sure answer needs nothing.
func (j *judge) surer(suspects []Suspect) []string {
	b := j.Observed
	if len(b.Crashes) == 0 || len(suspects) > 0 && suspects[0].Verdict == Sure {
		return nil
	}
	advice := j.cures()
	if j.heapCrashes() == 0 {
		return advice
	}
	without, blind := j.profiles()
	if dump := b.UnreadDump(); dump != nil {
		advice = append(advice, dump.Advice())
	} else if path := j.namedDump(); path != "" && !b.HasHeld {
		advice = append(advice, "a heap dump was written to "+path+": give that file to report, which then shows what holds the memory")
	}
	if without > 0 {
		advice = append(advice, fmt.Sprintf("give the build's trace profile, too (command.profile.gz in its output base, or the file that --profile names): %s came without one", crashes(without)))
	}
	if !b.HasHeld && b.UnreadDump() == nil && j.namedDump() == "" && !j.allSilent() {
		advice = append(advice, "get a heap dump of a crash, which shows what holds the memory: "+j.howToDump()+"; then give the .hprof file to report")
	}
	if b.Passed == 0 {
		advice = append(advice, "add a build that passes, at a higher memory limit, to compare the crashes with")
	}
	if n := len(b.Crashes); n < enoughCrashes {
		at := ""
		if limit := b.UsualCrashLimit(); limit > 0 {
			at = fmt.Sprintf(" at -Xmx%dm", limit>>20)
		}
		advice = append(advice, fmt.Sprintf("add another crash%s: %s to tell cause from chance", at, quantity.Count(n, "crash is not enough", "crashes are few")))
	}
	if b.IsSlim() {
		advice = append(advice, "build with --noslim_profile: without it the profile merges short Starlark calls")
	}
	if blind > 0 {
		advice = append(advice, fmt.Sprintf("build with --record_full_profiler_data: %s left a profile without Starlark calls", crashes(blind)))
	}
	if len(suspects) > 0 {
		advice = append(advice, suspects[0].nameAdvice()...)
	}
	return advice
}

// profiles counts the crashes that left no profile, and those whose profile has
// no Starlark call.
func (j *judge) profiles() (without, blind int) {
	for i := range j.Observed.Crashes {
		switch t := j.Observed.Crashes[i].Observation.Trace; {
		case t == nil:
			without++
		case t.StarlarkCalls == 0:
			blind++
		}
	}
	return without, blind
}

// howToDump says how the Bazel of the newest crash is had to leave a dump.
func (j *judge) howToDump() string {
	version := ""
	for i := range j.Observed.Crashes {
		version = cmp.Or(version, j.Observed.Crashes[i].Observation.Summary.BazelVersion)
	}
	if major, err := strconv.Atoi(strings.SplitN(version, ".", 2)[0]); err == nil && major < 5 {
		return "Bazel 4 and older write java_pid….hprof into the output base when they die"
	}
	return "run starlark-memls arm before the build, or start Bazel with --host_jvm_args=-XX:+HeapDumpOnOutOfMemoryError"
}

// namedDump is the path of a heap dump that the newest crash that says so names.
func (j *judge) namedDump() string {
	for i := range j.Crashes {
		if path := j.Crashes[i].HeapDump; path != "" {
			return path
		}
	}
	return ""
}

// nameAdvice says what would tell functions of one name apart.
func (s *Suspect) nameAdvice() []string {
	n := max(len(s.Candidates), len(s.Posterior))
	if n < 2 || s.Inferred() && s.Posterior[0].Probability >= join.Certain {
		return nil
	}
	return []string{fmt.Sprintf("%d functions are called %s: to tell them apart, build with --build_event_json_file, which lists the rules that were built, or with Bazel 8.5 or later, whose profile names the targets", n, s.Name)}
}

// cures say what helps against the deaths that no heap dump explains, once
// each, before anything else.
func (j *judge) cures() []string {
	var cures []string
	for i := range j.Crashes {
		d := &j.Crashes[i].Death
		for _, cure := range []string{d.Cure, d.Advice()} {
			if cure != "" && !slices.Contains(cures, cure) {
				cures = append(cures, cure)
			}
		}
	}
	return cures
}

// heapCrashes counts the crashes that a full heap explains.
func (j *judge) heapCrashes() int {
	n := 0
	for i := range j.Crashes {
		if !j.Crashes[i].Death.Other {
			n++
		}
	}
	return n
}

// allSilent reports whether every crash was a kill, which leaves no heap dump.
func (j *judge) allSilent() bool {
	return !slices.ContainsFunc(j.Crashes, func(c join.Crash) bool { return !c.Death.Silent })
}

// allEnded reports whether Starlark had ended at every crash.
func (j *judge) allEnded() bool {
	return len(j.Crashes) > 0 && !slices.ContainsFunc(j.Crashes, func(c join.Crash) bool { return !c.Death.Ended })
}
