// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"path/filepath"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/archive"
	"example.invalid/starlark-memls/internal/bazel/outputbase"
	"example.invalid/starlark-memls/internal/filecache"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/lsp/settings"
	"example.invalid/starlark-memls/starlark"
)

// Pipeline is the way from files to a report, one field a station. It is here
// to be read in one place; tests put known evidence in at one of its stations.
type Pipeline struct {
	Find     func(root string, settings settings.Settings) (*outputbase.OutputBase, error)
	divide   func(context.Context, *outputbase.OutputBase) (measurement.Measurement, []measurement.Measurement, error)
	open     func(context.Context, string) ([]measurement.Measurement, []measurement.Warning, error)
	observe  func(context.Context, measurement.Measurement, observe.ReadOptions) (*observe.Observation, error)
	archive  func(cacheDir string) *archive.Archive
	Load     func(context.Context, string, starlark.LoadOptions) (*starlark.Workspace, error)
	Conclude func(context.Context, []*observe.Observation, *starlark.Workspace, attribution.ConcludeOptions) *attribution.Report
	Rebase   func(*attribution.Report, *starlark.Workspace) *attribution.Report
}

// RealPipeline is the one that users get.
func RealPipeline() Pipeline {
	return Pipeline{
		Find:     findOutputBase,
		divide:   measurement.FromOutputBase,
		open:     measurement.Open,
		observe:  observe.Read,
		archive:  crashArchive,
		Load:     starlark.Load,
		Conclude: attribution.Conclude,
		Rebase:   attribution.Rebase,
	}
}

// crashArchive is the archive that the command line reads as well.
func crashArchive(cacheDir string) *archive.Archive {
	return archive.At(filepath.Join(cacheDir, "crashes"), filecache.Budget{})
}

// findOutputBase finds a workspace's output base, or takes the one that a
// setting names.
func findOutputBase(root string, settings settings.Settings) (*outputbase.OutputBase, error) {
	env := outputbase.HostEnvironment()
	if settings.OutputBase != "" {
		env.Startup = append(env.Startup, "--output_base="+settings.OutputBase)
	}
	base, _, err := outputbase.Find(root, env)
	return base, err
}

// Observing is a pipeline's station with what the server knows of heap dumps:
// where what was read of them is kept, so that a restart does not read them
// again, and that work which nobody asked for (it has a bound) reads them on
// one processor and leaves the others to the user.
func Observing(p Pipeline, cacheDir string) Pipeline {
	read := p.observe
	p.observe = func(ctx context.Context, m measurement.Measurement, opts observe.ReadOptions) (*observe.Observation, error) {
		opts.HeapCacheDir = filepath.Join(cacheDir, "heap")
		if opts.MaxBytes > 0 {
			opts.Workers = 1
		}
		return read(ctx, m, opts)
	}
	return p
}
