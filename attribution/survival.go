package attribution

import (
	"fmt"

	"example.invalid/starlark-memls/internal/quantity"
)

// What survives. A minor collection copies what is still reachable and frees
// the rest for nothing (Ungar 1984, Generation Scavenging), so that its pause
// grows with what has been made and kept since the one before, and hardly with
// what was made and dropped. A function that builds a heap is therefore paused
// for long in builds that pass too, where there is room enough; one that only
// uses the processor is paused as often, but briefly. So the minor pauses in a
// function's own time, shared with whoever ran beside it, measure what it keeps,
// at any limit and without a crash of its own.
//
// Bazel records calls from 50 ms on. A short call can be recorded for no other
// reason than that a collection fell into it, and then the pause is no sign of
// what this call kept: a helper that is called ten thousand times is caught in
// ten of them. Where the recorded calls of a name, without their pauses, are
// shorter than that on average, the pauses are its callers'.
//
// Builds that passed are asked, if they were collected at all. Where the heap is
// full every call is drawn out by collections that find nothing to free, and
// they fall to whoever has the longest call, not to whoever keeps the most.

// countCopied says what was copied in each function's own time, and in all.
func (b *body) countCopied() {
	b.copyPause = b.minorPause
	if b.passedMinor > 0 {
		b.copyPause = b.passedMinor
	}
	for i := range b.names {
		n := &b.names[i]
		n.copied = n.shared.Value()
		if b.passedMinor > 0 {
			n.copied = n.passedShared.Value()
		}
	}
}

// creditCallers hands the pauses of calls that were recorded only because of
// them to their callers, in proportion to the calls.
func (b *body) creditCallers() {
	b.countCopied()
	byName := map[string]*nameEvidence{}
	for i := range b.names {
		byName[b.names[i].name] = &b.names[i]
	}
	for i := range b.names {
		n := &b.names[i]
		n.survived += n.copied
		if !n.recordedForPauses() {
			continue
		}
		sum := 0
		for _, c := range n.callers {
			sum += c.Calls
		}
		if sum == 0 {
			continue
		}
		for _, c := range n.callers {
			if caller := byName[c.Name]; caller != nil && caller != n {
				part := n.copied * float64(c.Calls) / float64(sum)
				caller.survived += part
				n.survived -= part
			}
		}
	}
}

// recordedForPauses reports whether its calls would not have been recorded but
// for the collections in them.
func (n *nameEvidence) recordedForPauses() bool {
	pauses := n.minorPause + n.majorPause
	return pauses > 0 && n.self-pauses < int64(n.calls)*recordedMicros
}

// survivalShare is the function's part of what minor collections copied.
func (n *nameEvidence) survivalShare(b *body) float64 {
	if b.copyPause == 0 {
		return 0
	}
	return clamp01(n.survived / float64(b.copyPause))
}

// survivalEvidence weighs what the collector had to copy for it.
func (n *nameEvidence) survivalEvidence(b *body) finding {
	if n == nil || b.copyPause <= 0 || n.survived <= 0 {
		return finding{}
	}
	share := n.survivalShare(b)
	return finding{
		weight: survivalCeiling * share,
		reason: fmt.Sprintf("accounts for %s of minor-GC pause time (%s of %s): an estimate of what was copied because this function keeps it",
			quantity.Share(share), quantity.Micros(int64(n.survived)), quantity.Micros(b.copyPause)),
	}
}
