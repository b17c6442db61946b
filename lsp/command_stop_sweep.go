package lsp

import (
	"context"
	"errors"
)

// stopSweep stops the sweep that runs, waits until none of its processes is
// left, and answers with how far it came. What is measured stays measured.
func stopSweep(ctx context.Context, c *call, _ struct{}) (any, error) {
	if now := c.state.Load().sweep; now == nil || now.State != SweepRunning {
		return nil, errors.New("no sweep is running")
	}
	if err := c.background.end(ctx, sweepKey); err != nil {
		return nil, err
	}
	return c.state.Load().sweep, nil
}
