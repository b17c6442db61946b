// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/measurement"
	"example.invalid/starlark-memls/internal/quantity"
	"example.invalid/starlark-memls/lsp/internal/show"
	"example.invalid/starlark-memls/lsp/internal/wire"
	"example.invalid/starlark-memls/lsp/settings"
)

// A heap dump is as large as the heap was: to read it takes from a second to
// minutes. So a crash is shown with what else it left, and its dump is read behind
// that, whatever its size: on one processor, for as long and in as much memory as
// the settings allow, in stages that each show at once. First the stacks with their
// variables, then who holds the memory. It can be cancelled, and is told as progress.

// A dumpReading is the reading of the dump of a folder's last crash, which the
// output base's stamp tells from later ones.
type dumpReading struct {
	*Session
	id          show.FolderID
	measurement measurement.Measurement
	stamp       string
	settings    settings.Settings
}

// soon reads the dump, unless that is under way.
func (r dumpReading) soon() {
	r.Background.once(fmt.Sprintf("heap dump %v %s", r.id, r.stamp), 0, func(ctx context.Context) {
		if err := r.read(ctx); err != nil && ctx.Err() == nil {
			r.Log.Warn("the heap dump could not be read", "error", err)
		}
	})
}

func (r dumpReading) read(ctx context.Context) error {
	reading, progress, end := r.BeginCounted(ctx, "Reading the heap dump of the last crash")
	defer end()
	depths := []observe.HeapDepth{observe.HeapStacks, observe.HeapOwners}
	if r.settings.HeapSeconds == 0 {
		depths = depths[:1]
	}
	var last *observe.Observation
	for _, depth := range depths {
		o, err := r.Pipeline.observe(reading, r.measurement, observe.ReadOptions{MaxBytes: r.settings.MaxProfileBytes, Heap: observe.HeapLimits{
			Depth: depth, Time: time.Duration(r.settings.HeapSeconds) * time.Second, Memory: r.settings.HeapMemoryBytes, Progress: dumpProgress(progress)}})
		if err != nil {
			// Cancelled by the user: what was shown stays, and says where
			// the rest lies.
			if ctx.Err() == nil && last != nil {
				return r.show(ctx, last.WithDumpLeft())
			}
			return err
		}
		if last = o; depth == depths[len(depths)-1] {
			o = o.WithDumpLeft()
		}
		if err := r.show(ctx, o); err != nil || o.UnreadDump == nil {
			return err
		}
	}
	return nil
}

// show puts an observation of the last crash in the place of the one with less.
func (r dumpReading) show(ctx context.Context, o *observe.Observation) error {
	f := r.Current().Folder(r.id)
	if f == nil || f.Observed == nil || f.Observed.Stamp != r.stamp {
		return nil // another build has ended meanwhile
	}
	return r.Reobserve(ctx, r.id, func(observed *show.Observed) {
		observed.Detected = slices.Clone(observed.Detected)
		for i, known := range observed.Detected {
			if observed.Stamp == r.stamp && known.Summary.Path == o.Summary.Path {
				observed.Detected[i] = o
			}
		}
	})
}

// dumpProgress tells a dump's stages: how far, and how long it will take yet.
func dumpProgress(progress *wire.Progress) func(stage string, done, total int64) {
	var mu sync.Mutex
	var stage string
	var began, told time.Time
	return func(now string, done, total int64) {
		mu.Lock()
		defer mu.Unlock()
		if now != stage {
			stage, began, told = now, time.Now(), time.Time{}
		}
		if total <= 0 || time.Since(told) < 500*time.Millisecond {
			return
		}
		told = time.Now()
		share := float64(done) / float64(total)
		message := fmt.Sprintf("%s: %.0f %%", stage, 100*share)
		if stage == "reading" {
			message = fmt.Sprintf("stacks: %s of %s", quantity.Bytes(done), quantity.Bytes(total))
		}
		if spent := time.Since(began); share > 0.02 {
			message += fmt.Sprintf(", %s left", (time.Duration(float64(spent)*(1-share)/share) + time.Second).Truncate(time.Second))
		}
		progress.ReportShare(message, share)
	}
}
