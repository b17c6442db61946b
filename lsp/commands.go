// SPDX-License-Identifier: Apache-2.0

package lsp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/internal/codes"
	"example.invalid/starlark-memls/lsp/internal/paths"
	"example.invalid/starlark-memls/lsp/internal/picture"
	"example.invalid/starlark-memls/lsp/internal/session"
	"example.invalid/starlark-memls/lsp/internal/show"
	"example.invalid/starlark-memls/lsp/internal/wire"
)

// One function a command, as execute_command.go lists them.

// loadArgument names what to load; Workspace the folder it is for, where
// there are several and the path does not tell.
type loadArgument struct {
	Paths     []string `json:"paths"`
	Workspace string   `json:"workspace"`
}

// loadMeasurements reads measurements that the user names, however large, and
// adds them to what is known. Loading a path again reads it again.
func loadMeasurements(ctx context.Context, c *execution, a loadArgument) (any, error) {
	if len(a.Paths) == 0 {
		return nil, wire.InvalidParams(`invalid params: name what to load: {"paths": ["…"]}`)
	}
	if !c.Trusted {
		return nil, errors.New("this workspace is not trusted: only its sources are read")
	}
	first := paths.FromArgument(a.Paths[0], "")
	if a.Workspace != "" {
		first = paths.FromArgument(a.Workspace, "")
	}
	f := c.view.FolderArgument(first)
	if f == nil {
		return nil, errors.New("no workspace is open; open a folder with a MODULE.bazel or WORKSPACE, or a file in one")
	}
	ctx, p, end := c.Begin(ctx, c.token, "Loading measurements")
	defer end()
	p.Report("reading")
	var all []string
	for _, path := range a.Paths {
		all = append(all, paths.FromArgument(path, filepath.FromSlash(f.Root)))
	}
	return c.LoadPaths(ctx, f.ID, all)
}

// clearMeasurements forgets all measurements and withdraws all marks, until a
// build ends, something is loaded, or rescan is asked for.
func clearMeasurements(ctx context.Context, c *execution, _ struct{}) (any, error) {
	var failure error
	c.view.EachFolder(ctx, func(f *show.Folder) {
		if err := c.Reobserve(ctx, f.ID, func(o *show.Observed) { o.Detected, o.Loaded, o.Living = nil, nil, nil }); err != nil {
			failure = err
		}
	})
	return show.NewOverview(c.Current()), failure
}

// rescan reads again what the last build left, as on start.
func rescan(ctx context.Context, c *execution, _ struct{}) (any, error) {
	if !c.Trusted {
		return nil, errors.New("this workspace is not trusted: only its sources are read")
	}
	ctx, p, end := c.Begin(ctx, c.token, "Reading the last build")
	defer end()
	var failure error
	c.view.EachFolder(ctx, func(f *show.Folder) {
		p.Report(f.Root)
		failure = errors.Join(failure, c.Scan(ctx, f.ID, session.ScanAsked))
	})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return show.NewOverview(c.Current()), failure
}

// jumpToCrash answers with the crash's places, innermost first, and moves the
// editor to the first: to the open buffer's line, where the source was edited.
func jumpToCrash(ctx context.Context, c *execution, a show.CrashArgument) (any, error) {
	crash, err := c.crash(a)
	if err != nil {
		return nil, err
	}
	locations := []protocol.Location{}
	for _, r := range show.StackPlaces(crash) {
		locations = append(locations, c.view.Location(r.Place))
	}
	if len(locations) == 0 {
		c.ShowMessage(protocol.MessageTypeInfo, show.DiedText(crash)+", but nothing tells in which source. Show Crash Report says what is known.")
		return locations, nil
	}
	if first := locations[0]; !c.ShowDocument(ctx, first.URI, &first.Range) {
		at := show.StackPlaces(crash)[0].Place
		c.ShowMessage(protocol.MessageTypeInfo, fmt.Sprintf("%s at %s:%d", show.DiedText(crash), c.view.ShortPath(at.Path), first.Range.Start.Line+1))
	}
	return locations, nil
}

// crash finds the crash that an argument means.
func (c *execution) crash(a show.CrashArgument) (*attribution.Crash, error) {
	all := c.view.Crashes()
	switch {
	case len(all) == 0:
		return nil, fmt.Errorf("no crash is known.%s", c.view.OlderText())
	case a.Crash < 0 || a.Crash >= len(all):
		return nil, wire.InvalidParams("there is no crash %d: %d are known, the newest is 0", a.Crash, len(all))
	}
	return all[a.Crash], nil
}

// showCrashReport writes a crash's page and opens it.
func showCrashReport(ctx context.Context, c *execution, a show.CrashArgument) (any, error) {
	crash, err := c.crash(a)
	if err != nil {
		return nil, err
	}
	return c.show(ctx, "Crash report", "crash-"+crash.Path+crash.Time.String(), show.CrashText(c.view, crash))
}

// showEvidence writes a function's page and opens it.
func showEvidence(ctx context.Context, c *execution, a show.EvidenceArgument) (any, error) {
	if a == (show.EvidenceArgument{}) {
		return nil, wire.InvalidParams(`invalid params: name a function: {"function": "…", "file": "…"}`)
	}
	m, ok := c.view.FunctionAnnotation(a)
	if !ok {
		return nil, fmt.Errorf("there is no evidence against %s (any more)", a.Function)
	}
	return c.show(ctx, "Evidence against "+m.Suspect.Name, "evidence-"+m.Definition.File+m.Suspect.Name, m.Page(c.view))
}

// explain opens a code's page.
func explain(ctx context.Context, c *execution, a show.ExplainArgument) (any, error) {
	doc, ok := codes.Lookup(a.Code)
	if !ok {
		return nil, wire.InvalidParams("there is no code %q; codes are %s", a.Code, strings.Join(codes.Names(), ", "))
	}
	return c.show(ctx, doc.Code+": "+doc.Title, show.CodePageName(doc.Code), doc.Markdown())
}

// sweepCommand begins to build under many memory limits, in the background, and
// answers at once. It is only ever run when a user says so.
func sweepCommand(_ context.Context, c *execution, argument json.RawMessage) (any, error) {
	return c.beginSweep(argument, false)
}

// findLimit begins to look, in the background, for the memory limit that the
// build needs, and answers at once.
func findLimit(_ context.Context, c *execution, argument json.RawMessage) (any, error) {
	return c.beginSweep(argument, true)
}

func (c *execution) beginSweep(argument json.RawMessage, findLimit bool) (any, error) {
	job, err := c.sweeps.Check(c.view, argument, findLimit)
	if err != nil {
		return nil, err
	}
	return c.sweeps.Start(job)
}

// stopSweep stops the sweep that runs, and answers with how far it came.
func stopSweep(ctx context.Context, c *execution, _ struct{}) (any, error) {
	return c.sweeps.Stop(ctx)
}

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
func plotCommand(ctx context.Context, c *execution, a picture.PlotArguments) (any, error) {
	if !c.Trusted {
		return nil, errors.New("this workspace is not trusted: only its sources are read")
	}
	kind, err := a.Check()
	if err != nil {
		return nil, wire.InvalidParams("%v", err)
	}
	root := ""
	f := c.view.FolderArgument(paths.FromArgument(a.Workspace, ""))
	if f != nil {
		root = filepath.FromSlash(f.Root)
	}
	for i, path := range a.Paths {
		a.Paths[i] = paths.FromArgument(path, root)
	}
	drawn, err := a.Draw(ctx, kind, f)
	if err != nil {
		return nil, err
	}
	if a.Out != "" {
		a.Out = paths.FromArgument(a.Out, root)
	}
	path, svg, err := picture.Write(c.pages, &a, drawn)
	if err != nil {
		return nil, err
	}
	c.Update(func(next *show.Snapshot) bool { next.Plot = path; return true })
	c.TellOverview()
	answer := &Plotted{Title: drawn.Title, Path: path, URI: string(uri.File(path)), Paths: []string{path}, SVG: string(svg),
		Sources: a.Paths, Warnings: append([]string{}, drawn.Warnings...)}
	if answer.Shown = c.ShowPicture(ctx, uri.File(path)); !answer.Shown {
		c.ShowMessage(protocol.MessageTypeInfo, drawn.Title+": "+path)
	}
	return answer, nil
}

// offerCrash shows the message, and does what the user chooses.
func (s *server) offerCrash(ctx context.Context, crash int, message string) {
	const jump, report = "Jump", "Show Report"
	var err error
	do := &execution{server: s}
	switch s.Ask(ctx, protocol.MessageTypeWarning, message, jump, report) {
	case jump:
		do.view = s.Current()
		_, err = jumpToCrash(ctx, do, show.CrashArgument{Crash: crash})
	case report:
		do.view = s.Current()
		_, err = showCrashReport(ctx, do, show.CrashArgument{Crash: crash})
	}
	if err != nil && ctx.Err() == nil {
		s.ShowMessage(protocol.MessageTypeError, err.Error())
	}
}

// show writes a page, opens it where the client can, and else says where it is.
func (c *execution) show(ctx context.Context, title, name, markdown string) (*show.Page, error) {
	path, err := c.pages.Write(name, markdown)
	if err != nil {
		return nil, err
	}
	page := &show.Page{Title: title, URI: string(uri.File(path)), Path: path, Markdown: markdown}
	if page.Shown = c.ShowDocument(ctx, uri.File(path), nil); !page.Shown {
		c.ShowMessage(protocol.MessageTypeInfo, title+": "+path)
	}
	return page, nil
}
