package attribution

import (
	"context"

	"starlark-memls/starlark"
)

// Options tell Conclude what it cannot find out by itself.
type Options struct{}

// Conclude joins observations with a snapshot of the workspace (nil: none)
// and ranks.
func Conclude(ctx context.Context, observations []*Observation, ws *starlark.Workspace, opts Options) *Report {
	return &Report{Workspace: ws}
}

// Rebase joins the evidence of an earlier report with the next snapshot of
// the workspace. It reads nothing and is cheap enough for every edit.
func Rebase(old *Report, next *starlark.Workspace) *Report {
	r := *old
	r.Workspace = next
	return &r
}
