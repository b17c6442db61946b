package attribution

import (
	"fmt"
	"slices"

	"example.invalid/starlark-memls/attribution/observe"
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
	if dump := b.unreadDump(); dump != nil {
		advice = append(advice, dump.Advice())
	} else if path := j.namedDump(); path != "" && !b.hasHeld {
		advice = append(advice, "a heap dump was written to "+path+": give that file to report, which then shows what holds the memory")
	} else if !b.hasHeld {
		advice = append(advice, "get a heap dump of a crash, which shows what holds the memory: start Bazel with --host_jvm_args=-XX:+HeapDumpOnOutOfMemoryError, then give the .hprof file to report")
	}
	if b.passed == 0 {
		advice = append(advice, "add a build that passes, at a higher memory limit, to compare the crashes with")
	}
	if n := len(b.crashes); n < enoughCrashes {
		at := ""
		if limit := b.usualCrashLimit(); limit > 0 {
			at = fmt.Sprintf(" at -Xmx%dm", limit>>20)
		}
		advice = append(advice, fmt.Sprintf("add another crash%s: %s to tell cause from chance", at, quantity.Count(n, "crash is not enough", "crashes are few")))
	}
	if b.isSlim() {
		advice = append(advice, "build with --noslim_profile: without it the profile merges short Starlark calls")
	}
	if unreadable := len(b.crashes) - b.traced; unreadable > 0 {
		advice = append(advice, fmt.Sprintf("%s left no profile with Starlark calls: only the console and the heap dump, if any, tell of them", crashes(unreadable)))
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

// unreadDump is the newest crash's heap dump that was not read to its end.
func (b *body) unreadDump() *observe.UnreadDump {
	for _, c := range b.crashes {
		if c.observation.UnreadDump != nil {
			return c.observation.UnreadDump
		}
	}
	return nil
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
	return []string{fmt.Sprintf("%d functions are called %s: to tell them apart, build with --build_event_json_file, which lists the rules that were built, or with Bazel 8.5 or later, whose profile names the targets", n, s.Name)}
}
