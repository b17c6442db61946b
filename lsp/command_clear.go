package lsp

import "context"

// clearMeasurements forgets all measurements and withdraws all marks, until a
// build ends, something is loaded, or rescan is asked for.
func clearMeasurements(ctx context.Context, c *call, _ struct{}) (any, error) {
	var failure error
	c.view.eachFolder(ctx, func(f *folder) {
		if err := c.reobserve(ctx, f.id, func(o *observed) { o.detected, o.loaded = nil, nil }); err != nil {
			failure = err
		}
	})
	return c.overview(), failure
}
