package lsp

import (
	"context"
	"fmt"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/internal/measurement"
)

// crashArgument names a crash by its place in the list, the newest being 0.
type crashArgument struct {
	Crash int `json:"crash"`
}

// jumpToCrash answers with the crash's places, innermost first, and moves the
// editor to the first: to the open buffer's line, where the source was edited.
func jumpToCrash(ctx context.Context, c *call, a crashArgument) (any, error) {
	crash, err := c.crash(a)
	if err != nil {
		return nil, err
	}
	locations := []protocol.Location{}
	for _, r := range stackPlaces(crash) {
		locations = append(locations, c.view.location(r.place))
	}
	if len(locations) == 0 {
		c.showMessage(protocol.MessageTypeInfo, diedText(crash)+", but nothing tells in which source. Show Crash Report says what is known.")
		return locations, nil
	}
	if first := locations[0]; !c.showDocument(ctx, first.URI, &first.Range) {
		at := stackPlaces(crash)[0].place
		c.showMessage(protocol.MessageTypeInfo, fmt.Sprintf("%s at %s:%d", diedText(crash), c.view.shortPath(at.path), first.Range.Start.Line+1))
	}
	return locations, nil
}

// crash finds the crash that an argument means.
func (c *call) crash(a crashArgument) (*attribution.Crash, error) {
	all := c.view.crashes()
	switch {
	case len(all) == 0:
		return nil, fmt.Errorf("no crash is known.%s", c.view.olderText())
	case a.Crash < 0 || a.Crash >= len(all):
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "there is no crash %d: %d are known, the newest is 0", a.Crash, len(all))
	}
	return all[a.Crash], nil
}

// olderText offers a leftover of an earlier build, with its time.
func olderText(m measurement.Measurement) string {
	when := ""
	if !m.Ended.IsZero() {
		when = " of " + m.Ended.Local().Format("2 Jan 2006 15:04")
	}
	return fmt.Sprintf(" What an older build%s left is in %s; load it to see it.", when, m.Path)
}

// olderText offers the leftovers of earlier builds.
func (v *snapshot) olderText() string {
	for _, f := range v.folders {
		if f.observed == nil {
			continue
		}
		for _, m := range f.observed.older {
			return olderText(m)
		}
	}
	return ""
}
