package attribution

import (
	"context"
	"time"

	"starlark-memls/starlark"
)

// Options tell Conclude what it cannot find out by itself.
type Options struct {
	// Warnings are the caller's, about paths that gave no observation.
	Warnings []Warning
	// Modified tells when a source was last written, the zero time if that
	// cannot be told; nil asks the file system.
	Modified func(path string) time.Time
}

// Conclude joins observations with a snapshot of the workspace (nil: none) and
// ranks. The report does not depend on the order of the observations. Of the
// sources it asks when they were written, and reads none. A done ctx gives a report of the measurements alone.
func Conclude(ctx context.Context, observations []*Observation, ws *starlark.Workspace, opts Options) *Report {
	b := gather(observations)
	b.warnings = opts.Warnings
	if ctx.Err() != nil {
		return &Report{Workspace: ws, Measurements: b.summaries(), body: b}
	}
	return join(b, ws, nil, editedSince(b, ws, opts.Modified))
}

// summaries are the measurements in their fixed order.
func (b *body) summaries() []Summary {
	var all []Summary
	for _, o := range b.observations {
		all = append(all, o.Summary)
	}
	return all
}
