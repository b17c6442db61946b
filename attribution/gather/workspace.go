// SPDX-License-Identifier: Apache-2.0

package gather

import (
	"context"
	"fmt"
	"slices"
	"time"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/archive"
	"example.invalid/starlark-memls/internal/bazel/outputbase"
	"example.invalid/starlark-memls/internal/measurement"
)

// Workspace observes what the last build of a workspace left in its
// output base. Where nothing tells how that build ended (the output base was
// expunged, the log overwritten), the newest crash that was kept is taken
// instead, and marked as older. A crash that is found is kept in the archive:
// the next command overwrites it. The error is the context's, or says where an
// output base was looked for.
func Workspace(ctx context.Context, root string, opts observe.ReadOptions) (Gathered, error) {
	g := gathering(opts)
	crashes, kept := g.openArchive(ctx, root)
	base, tried, err := outputbase.Find(root, outputbase.HostEnvironment())
	if err != nil {
		if len(kept) == 0 {
			return g, err
		}
		for _, t := range tried {
			g.Warnings = append(g.Warnings, observe.Warning{Message: t.String()})
		}
		return g, g.observe(ctx, kept[:1])
	}
	g.OutputBase = base.Dir
	current, older, err := measurement.FromOutputBase(ctx, base)
	if err != nil {
		return g, err
	}
	older, err = g.lastBuild(ctx, current, append(older, kept...))
	if err != nil {
		return g, err
	}
	if last := g.last(); crashes != nil && last != nil && last.Crashed() && !last.Summary.Older {
		path, err := crashes.Keep(ctx, root, current)
		if err != nil {
			g.Warnings = append(g.Warnings, observe.Warning{Path: current.Path, Message: fmt.Sprintf("the crash could not be kept: %v", err)})
		}
		// An earlier report has kept this very crash.
		older = slices.DeleteFunc(older, func(m measurement.Measurement) bool { return m.Path == path })
	}
	switch last := g.last(); {
	case len(older) == 0:
	case last != nil && last.Crashed():
		g.Warnings = append(g.Warnings, offer(older[0]))
	default:
		g.Older = &older[0]
	}
	return g, ctx.Err()
}

// openArchive opens the archive and lists the workspace's crashes in it,
// newest first. A machine without a place for it has none.
func (g *Gathered) openArchive(ctx context.Context, root string) (*archive.Archive, []measurement.Measurement) {
	crashes, err := archive.Open()
	if err != nil {
		g.Warnings = append(g.Warnings, observe.Warning{Message: err.Error()})
		return nil, nil
	}
	kept, odd, err := crashes.List(ctx, root)
	if err != nil {
		g.Warnings = append(g.Warnings, observe.Warning{Message: err.Error()})
	}
	for _, w := range odd {
		g.Warnings = append(g.Warnings, observe.Warning{Path: w.Path, Message: w.Message})
	}
	return crashes, kept
}

// lastBuild observes the last build, or where nothing tells how it ended the
// newest of the older crashes; left are those that it did not observe.
func (g *Gathered) lastBuild(ctx context.Context, current measurement.Measurement, older []measurement.Measurement) (left []measurement.Measurement, err error) {
	if err := g.observe(ctx, []measurement.Measurement{current}); err != nil {
		return nil, err
	}
	last := g.last()
	if (last == nil || !last.Crashed() && last.Summary.Status == measurement.Unknown) && len(older) > 0 {
		g.Observations = nil
		if err := g.observe(ctx, older[:1]); err != nil {
			return nil, err
		}
		older = older[1:]
	}
	return older, nil
}

func (g *Gathered) last() *observe.Observation {
	if len(g.Observations) == 0 {
		return nil
	}
	return g.Observations[0]
}

// offer tells of an older crash that the report leaves out.
func offer(m measurement.Measurement) observe.Warning {
	when := "an earlier build"
	if !m.Ended.IsZero() {
		when = "the build of " + m.Ended.Local().Format(time.DateTime)
	}
	return observe.Warning{Path: m.Path, Message: "an older crash, of " + when + ", is not in this report; to see it, give report this path"}
}
