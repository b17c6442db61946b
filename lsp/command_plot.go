package lsp

import (
	"context"
	"errors"
	"path/filepath"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
)

// Plotted is the answer to plot.
type Plotted struct {
	Title string `json:"title"`
	Path  string `json:"path"`
	URI   string `json:"uri"`
	// Paths are the same as Path: a list, for a client that shows several.
	Paths []string `json:"paths"`
	// SVG is the picture's text, absent where it is a PNG.
	SVG      string   `json:"svg,omitempty"`
	Sources  []string `json:"sources"` // what was drawn
	Warnings []string `json:"warnings"`
	Shown    bool     `json:"shown"`
}

// plotCommand draws series or one profile, those that are named or the series
// that are loaded, or what was concluded.
func plotCommand(ctx context.Context, c *call, a plotArgument) (any, error) {
	if !c.trusted {
		return nil, errors.New("this workspace is not trusted: only its sources are read")
	}
	kind, err := a.check()
	if err != nil {
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "%v", err)
	}
	root := ""
	f := c.view.folderArgument(pathFromArgument(a.Workspace, ""))
	if f != nil {
		root = filepath.FromSlash(f.root)
	}
	for i, path := range a.Paths {
		a.Paths[i] = pathFromArgument(path, root)
	}
	picture, err := a.draw(ctx, kind, f)
	if err != nil {
		return nil, err
	}
	if a.Out != "" {
		a.Out = pathFromArgument(a.Out, root)
	}
	path, svg, err := c.writePicture(&a, picture)
	if err != nil {
		return nil, err
	}
	c.update(func(next *snapshot) bool { next.plot = path; return true })
	c.tellOverview()
	answer := &Plotted{Title: picture.Title, Path: path, URI: string(uri.File(path)), Paths: []string{path}, SVG: string(svg),
		Sources: a.Paths, Warnings: append([]string{}, picture.Warnings...)}
	if answer.Shown = c.showPicture(ctx, uri.File(path)); !answer.Shown {
		c.showMessage(protocol.MessageTypeInfo, picture.Title+": "+path)
	}
	return answer, nil
}
