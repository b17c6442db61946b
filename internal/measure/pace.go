// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"fmt"
	"time"

	"example.invalid/starlark-memls/internal/measurement"
)

// A pace is how long the builds take, and so how long the next one may.
type pace struct {
	given       time.Duration // the user's time limit, 0 for none
	took        time.Duration // of the builds that have ended here
	ended       int
	slowestPass time.Duration
}

func (p *pace) add(r measurement.Record, took time.Duration) {
	p.took += took
	p.ended++
	if r.Status == measurement.OK {
		p.slowestPass = max(p.slowestPass, took)
	}
}

// recall learns the time limit from a measurement of an earlier call.
func (p *pace) recall(r measurement.Record) {
	if r.Status == measurement.OK && r.Start != nil && r.End != nil {
		p.slowestPass = max(p.slowestPass, r.End.Sub(*r.Start))
	}
}

// timeout is the time limit of the next build: as given, or ten times the
// slowest that passed, but never so short that a stutter of the machine
// would look like thrashing.
func (p *pace) timeout() time.Duration {
	switch {
	case p.given > 0:
		return p.given
	case p.slowestPass > 0:
		return max(10*p.slowestPass, time.Minute)
	}
	return FirstTimeout
}

// left is the time that the rest of the builds will take.
func (p *pace) left(rest, jobs int) time.Duration {
	if p.ended == 0 {
		return 0
	}
	return p.took / time.Duration(p.ended) * time.Duration(rest) / time.Duration(max(jobs, 1))
}

// failuresAlike is how many builds must fail in the same way, and none end in
// any other, before the rest is not worth the time.
const failuresAlike = 3

// A sameFailure finds out that no build will ever pass: a misspelt flag, a
// target that does not exist.
type sameFailure struct {
	count   int
	message string
	over    bool // some build ended otherwise
}

func (f *sameFailure) add(r measurement.Record, folder string) error {
	if r.Status != measurement.Failed || measurement.NeverStarted(r) || f.count > 0 && r.FirstError != f.message {
		f.over = true
	}
	f.message = r.FirstError
	f.count++
	if f.over || f.count < failuresAlike {
		return nil
	}
	return &OtherFailureError{Folder: folder, FirstError: fmt.Sprintf("%s (the first %d builds all ended like this; fix it and use --retry-failed)", f.message, f.count)}
}
