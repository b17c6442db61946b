package lsp

import "context"

// showCrashReport writes a crash's page and opens it.
func showCrashReport(ctx context.Context, c *call, a crashArgument) (any, error) {
	crash, err := c.crash(a)
	if err != nil {
		return nil, err
	}
	return c.show(ctx, "Crash report", "crash-"+crash.Path+crash.Time.String(), crashText(c.view, crash))
}
