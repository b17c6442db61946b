package lsp

import "context"

// sweep begins to build under many memory limits, in the background, and
// answers at once. It is only ever run when a user says so.
func sweep(_ context.Context, c *call, a sweepArgument) (any, error) {
	job, err := c.sweepJob(a)
	if err != nil {
		return nil, err
	}
	return c.startSweep(job)
}
