package attribution

import (
	"fmt"
	"slices"

	"example.invalid/starlark-memls/internal/bazel/trace"
	"example.invalid/starlark-memls/internal/quantity"
)

// enoughCrashes is the number from which one more adds little.
const enoughCrashes = 5

// surer says what would make the answer surer, most useful first, each with
// what to do. A sure answer needs nothing.
func (j *joiner) surer(suspects []Suspect) []string {
	b := j.body
	if len(b.crashes) == 0 || len(suspects) > 0 && suspects[0].Verdict == Sure {
		return nil
	}
	advice := j.cures()
	if j.heapCrashes() == 0 {
		return advice
	}
	if path := j.namedDump(); path != "" && !b.hasHeld {
		advice = append(advice, "the crash says that a heap dump was written to "+path+": load that file, it shows what the memory hangs on")
	} else if !b.hasHeld {
		advice = append(advice, "a heap dump of one crash shows what the memory hangs on: --host_jvm_args=-XX:+HeapDumpOnOutOfMemoryError, and load the .hprof file")
	}
	if b.passed == 0 {
		advice = append(advice, "a build that passes, at a higher limit, shows what the functions do when memory is not short")
	}
	if n := len(b.crashes); n < enoughCrashes {
		at := ""
		if limit := b.usualCrashLimit(); limit > 0 {
			at = fmt.Sprintf(" at -Xmx%dm", limit>>20)
		}
		advice = append(advice, fmt.Sprintf("one more run%s tells cause from chance: so far %s", at, quantity.Count(n, "crash is known", "crashes are known")))
	}
	if b.isSlim() {
		advice = append(advice, "--noslim_profile keeps the Starlark calls in the profile: it merges them otherwise")
	}
	if unreadable := len(b.crashes) - b.traced; unreadable > 0 {
		advice = append(advice, fmt.Sprintf("%s left no profile with Starlark calls: what they printed is all there is of them", crashes(unreadable)))
	}
	if len(suspects) > 0 {
		advice = append(advice, suspects[0].nameAdvice()...)
	}
	return advice
}

// namedDump is the path of a heap dump that the newest crash that says so names.
func (j *joiner) namedDump() string {
	for i := range j.crashes {
		if path := j.crashes[i].HeapDump; path != "" {
			return path
		}
	}
	return ""
}

// usualCrashLimit is the limit of most crashes, the lowest of several; 0 where
// none is known.
func (b *body) usualCrashLimit() int64 {
	count := map[int64]int{}
	var limits []int64
	for _, c := range b.crashes {
		if limit := c.observation.Summary.MemoryLimitBytes; limit > 0 {
			count[limit]++
			limits = append(limits, limit)
		}
	}
	slices.Sort(limits)
	best := int64(0)
	for _, limit := range limits {
		if count[limit] > count[best] {
			best = limit
		}
	}
	return best
}

func (b *body) isSlim() bool {
	return b.blind[trace.BlindSlim] > 0
}

// nameAdvice says what would tell functions of one name apart.
func (s *Suspect) nameAdvice() []string {
	n := max(len(s.Candidates), len(s.Posterior))
	if n < 2 || s.Inferred() && s.Posterior[0].Probability >= certain {
		return nil
	}
	return []string{fmt.Sprintf("%d functions are called %s: --build_event_json_file tells which rules were built, and Bazel 8.5 or later writes the targets into the profile", n, s.Name)}
}
