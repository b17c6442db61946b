package lsp

// One function a command, as execute_command.go lists them.

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/lsp/codes"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
)

// loadArgument names what to load; Workspace the folder it is for, where
// there are several and the path does not tell.
type loadArgument struct {
	Paths     []string `json:"paths"`
	Workspace string   `json:"workspace"`
}

// loadMeasurements reads measurements that the user names, however large, and
// adds them to what is known. Loading a path again reads it again.
func loadMeasurements(ctx context.Context, c *call, a loadArgument) (any, error) {
	if len(a.Paths) == 0 {
		return nil, invalidParams(`invalid params: name what to load: {"paths": ["…"]}`)
	}
	if !c.trusted {
		return nil, errors.New("this workspace is not trusted: only its sources are read")
	}
	first := pathFromArgument(a.Paths[0], "")
	if a.Workspace != "" {
		first = pathFromArgument(a.Workspace, "")
	}
	f := c.view.folderArgument(first)
	if f == nil {
		return nil, errors.New("no workspace is open; open a folder with a MODULE.bazel or WORKSPACE, or a file in one")
	}
	ctx, p, end := c.begin(ctx, c.token, "Loading measurements")
	defer end()
	p.report("reading")
	var paths []string
	for _, path := range a.Paths {
		paths = append(paths, pathFromArgument(path, filepath.FromSlash(f.root)))
	}
	return c.loadPaths(ctx, f.id, paths)
}

// clearMeasurements forgets all measurements and withdraws all marks, until a
// build ends, something is loaded, or rescan is asked for.
func clearMeasurements(ctx context.Context, c *call, _ struct{}) (any, error) {
	var failure error
	c.view.eachFolder(ctx, func(f *folder) {
		if err := c.reobserve(ctx, f.id, func(o *observed) { o.detected, o.loaded = nil, nil }); err != nil {
			failure = err
		}
	})
	return overview(c.current()), failure
}

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
	return overview(c.current()), failure
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
		return nil, invalidParams("there is no crash %d: %d are known, the newest is 0", a.Crash, len(all))
	}
	return all[a.Crash], nil
}

// showCrashReport writes a crash's page and opens it.
func showCrashReport(ctx context.Context, c *call, a crashArgument) (any, error) {
	crash, err := c.crash(a)
	if err != nil {
		return nil, err
	}
	return c.show(ctx, "Crash report", "crash-"+crash.Path+crash.Time.String(), crashText(c.view, crash))
}

// showEvidence writes a function's page and opens it.
func showEvidence(ctx context.Context, c *call, a evidenceArgument) (any, error) {
	if a == (evidenceArgument{}) {
		return nil, invalidParams(`invalid params: name a function: {"function": "…", "file": "…"}`)
	}
	m, ok := c.view.functionMark(a)
	if !ok {
		return nil, fmt.Errorf("there is no evidence against %s (any more)", a.Function)
	}
	return c.show(ctx, "Evidence against "+m.suspect.Name, "evidence-"+m.definition.File+m.suspect.Name, m.page(c.view))
}

// explain opens a code's page.
func explain(ctx context.Context, c *call, a explainArgument) (any, error) {
	doc, ok := codes.Lookup(a.Code)
	if !ok {
		return nil, invalidParams("there is no code %q; codes are %s", a.Code, strings.Join(codes.Names(), ", "))
	}
	return c.show(ctx, doc.Code+": "+doc.Title, codePageName(doc.Code), doc.Markdown())
}

// sweep begins to build under many memory limits, in the background, and
// answers at once. It is only ever run when a user says so.
func sweep(_ context.Context, c *call, a sweepArgument) (any, error) {
	job, err := c.sweeps.job(c.view, a)
	if err != nil {
		return nil, err
	}
	return c.sweeps.startSweep(job)
}

// findLimit begins to look, in the background, for the memory limit that the
// build needs, and answers at once.
func findLimit(ctx context.Context, c *call, a sweepArgument) (any, error) {
	a.FindLimit = true
	return sweep(ctx, c, a)
}

// stopSweep stops the sweep that runs, and answers with how far it came.
func stopSweep(ctx context.Context, c *call, _ struct{}) (any, error) {
	return c.sweeps.stopSweep(ctx)
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
func plotCommand(ctx context.Context, c *call, a plotArgument) (any, error) {
	if !c.trusted {
		return nil, errors.New("this workspace is not trusted: only its sources are read")
	}
	kind, err := a.check()
	if err != nil {
		return nil, invalidParams("%v", err)
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
	path, svg, err := writePicture(c.pages, &a, picture)
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

// offerCrash shows the message, and does what the user chooses.
func (s *server) offerCrash(ctx context.Context, crash int, message string) {
	const jump, show = "Jump", "Show Report"
	var err error
	do := &call{server: s}
	switch s.ask(ctx, protocol.MessageTypeWarning, message, jump, show) {
	case jump:
		do.view = s.current()
		_, err = jumpToCrash(ctx, do, crashArgument{crash})
	case show:
		do.view = s.current()
		_, err = showCrashReport(ctx, do, crashArgument{crash})
	}
	if err != nil && ctx.Err() == nil {
		s.showMessage(protocol.MessageTypeError, err.Error())
	}
}
