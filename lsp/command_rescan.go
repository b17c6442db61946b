package lsp

import (
	"context"
	"errors"
)

// rescan reads again what the last build left, as on start.
func rescan(ctx context.Context, c *call, _ struct{}) (any, error) {
	if !c.trusted {
		return nil, errors.New("this workspace is not trusted: only its sources are read")
	}
	ctx, p, end := c.begin(ctx, c.token, "Reading the last build")
	defer end()
	var failure error
	c.view.eachFolder(ctx, func(f *folder) {
		p.report(f.root)
		failure = errors.Join(failure, c.scan(ctx, f.id, scanAsked))
	})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return c.overview(), failure
}
