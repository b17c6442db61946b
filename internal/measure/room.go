// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"example.invalid/starlark-memls/internal/measurement"
)

// roomForEvidence is what the small parts of a measurement may need.
const roomForEvidence = 256 << 20

// fullDisk is the room below which a disk counts as full: what a build has
// written there may be cut.
const fullDisk = 4 << 20

// checkRoom refuses to start a build whose evidence would not fit.
func (b *Bazel) checkRoom(o BuildOptions, p Planned, series string) error {
	need, advice := int64(roomForEvidence), "make room"
	if o.HeapDumps != measurement.NoHeapDumps {
		need += p.LimitBytes + p.LimitBytes/4
		advice = "make room or use --heap-dumps none"
	}
	for _, dir := range []string{series, b.OutputBase} {
		free, err := freeBytes(dir)
		if err == nil && free < need {
			return fmt.Errorf("%s: %s free, a build under -Xmx%s may need %s; %s, and run the same command again",
				dir, measurement.Limit(free>>20<<20), measurement.Limit(p.LimitBytes), measurement.Limit(need>>20<<20), advice)
		}
	}
	return nil
}

// A FullDiskError says that a build filled a disk, or found it full: what it
// left may be cut, and is not kept.
type FullDiskError struct{ Folder string }

func (e *FullDiskError) Error() string {
	return e.Folder + ": the disk is full, the last build is not kept; make room and run the same command again"
}

// checkNotFull refuses what was written while a disk was full: that of the
// series, or that of the output base, on which Bazel fails in a hundred ways.
func (b *Bazel) checkNotFull(series string) error {
	for _, folder := range []string{series, b.OutputBase} {
		if free, err := freeBytes(folder); err == nil && free < fullDisk {
			return &FullDiskError{folder}
		}
	}
	return nil
}

// orFull tells of the full disk where that is what an error comes from. What
// was written has not been removed yet, so it still shows which one it is.
func (b *Bazel) orFull(err error, series string) error {
	if !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EDQUOT) {
		return err
	}
	if full := b.checkNotFull(series); full != nil {
		return full
	}
	return fmt.Errorf("%w; make room and run the same command again", err) // a quota
}

// checkWritable finds out before the first build that its measurement could
// not be kept.
func checkWritable(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making the sweep's folder: %w", err)
	}
	// Named so that the next sweep removes it, should this one be killed now.
	probe, err := os.MkdirTemp(dir, unfinishedPrefix("writable"))
	if err != nil {
		return fmt.Errorf("the sweep's folder cannot be written to: %w", err)
	}
	return os.Remove(probe)
}
