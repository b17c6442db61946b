package attribution

// A Verdict says in one word how far the evidence against a suspect goes.
type Verdict string

// The verdicts. Their meaning is measured: docs/accuracy.md says how often a
// suspect of each was guilty.
const (
	// Sure: act on it.
	Sure Verdict = "sure"
	// Likely: the first place to look.
	Likely Verdict = "likely"
	// Possible: one of several that the evidence does not tell apart.
	Possible Verdict = "possible"
	// NotKnown: the evidence says nothing about it that chance would not.
	NotKnown Verdict = "unknown"
)
