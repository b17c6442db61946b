package lsp

import "context"

// findLimit begins to look, in the background, for the memory limit that the
// build needs, and answers at once.
func findLimit(ctx context.Context, c *call, a sweepArgument) (any, error) {
	a.FindLimit = true
	return sweep(ctx, c, a)
}
