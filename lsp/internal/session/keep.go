// SPDX-License-Identifier: Apache-2.0

package session

// The crash archive: what was copied before the next command overwrote it.

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"example.invalid/starlark-memls/internal/archive"
	"example.invalid/starlark-memls/internal/measurement"
)

// A crashKeeper keeps the small parts of crashes.
type crashKeeper struct {
	archive *archive.Archive
	log     *slog.Logger
}

// keepAll archives the small parts of crashes, before the next command
// overwrites them. What did not crash is not kept.
func (k crashKeeper) keepAll(ctx context.Context, root string, all []measurement.Measurement) {
	for _, m := range all {
		if len(m.Parts) == 0 {
			continue
		}
		if _, err := k.archive.Keep(ctx, root, m); err != nil && ctx.Err() == nil {
			k.log.Warn("the crash could not be archived", "path", m.Path, "error", err)
		}
	}
}

// withKept is the current build's measurement, or the copy that was kept of
// it where a later command has taken its console away.
func (k crashKeeper) withKept(ctx context.Context, root string, current measurement.Measurement) measurement.Measurement {
	if len(current.Parts[measurement.Console]) > 0 {
		return current
	}
	for _, kept := range k.archived(ctx, root) {
		if sameBuild(kept, current) && len(kept.Parts[measurement.Console]) > 0 {
			kept.Older = false
			return kept
		}
	}
	return current
}

// withArchived are the leftovers of earlier builds, those that are only in the
// archive included, newest first.
func (k crashKeeper) withArchived(ctx context.Context, root string, current measurement.Measurement, older []measurement.Measurement) []measurement.Measurement {
	all := slices.Clone(older)
	for _, kept := range k.archived(ctx, root) {
		known := func(m measurement.Measurement) bool { return sameBuild(kept, m) }
		if !known(current) && !slices.ContainsFunc(older, known) {
			all = append(all, kept)
		}
	}
	slices.SortStableFunc(all, func(a, b measurement.Measurement) int { return b.Ended.Compare(a.Ended) })
	return all
}

func (k crashKeeper) archived(ctx context.Context, root string) []measurement.Measurement {
	all, warnings, err := k.archive.List(ctx, root)
	if err != nil && ctx.Err() == nil {
		k.log.Warn("the kept crashes could not be listed", "error", err)
	}
	for _, w := range warnings {
		k.log.Debug(w.String())
	}
	return all
}

// sameBuild compares by invocation, or by the end where that is not known.
func sameBuild(a, b measurement.Measurement) bool {
	if a.InvocationID != "" && b.InvocationID != "" {
		return a.InvocationID == b.InvocationID
	}
	return !a.Ended.IsZero() && !b.Ended.IsZero() && a.Ended.Sub(b.Ended).Abs() < 2*time.Second
}
