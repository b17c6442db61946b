package measure

import (
	"fmt"
	"os"
)

// roomForEvidence is what the small parts of a measurement may need.
const roomForEvidence = 256 << 20

// fullDisk is the room below which a disk counts as full: what a build has
// written there may be cut.
const fullDisk = 4 << 20

// checkRoom refuses to start a build whose evidence would not fit.
func (b *Bazel) checkRoom(o Options, p Planned, series string) error {
	need, advice := int64(roomForEvidence), "make room"
	if o.HeapDumps != NoHeapDumps {
		need += p.LimitBytes + p.LimitBytes/4
		advice = "make room or use --heap-dumps none"
	}
	for _, dir := range []string{series, b.OutputBase} {
		free, err := freeBytes(dir)
		if err == nil && free < need {
			return fmt.Errorf("%s: %s free, a build under -Xmx%s may need %s; %s, and run the same command again",
				dir, FormatLimit(free>>20<<20), FormatLimit(p.LimitBytes), FormatLimit(need>>20<<20), advice)
		}
	}
	return nil
}

// checkNotFull refuses what was written to a disk that is full now.
func checkNotFull(folder string) error {
	if free, err := freeBytes(folder); err == nil && free < fullDisk {
		return fmt.Errorf("%s: the disk is full, the last build is not kept; make room and run the same command again", folder)
	}
	return nil
}

// checkWritable finds out before the first build that its measurement could
// not be kept.
func checkWritable(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the sweep's folder: %w", err)
	}
	// Named so that the next sweep removes it, should this one be killed now.
	probe, err := os.MkdirTemp(dir, unfinishedPrefix("writable"))
	if err != nil {
		return fmt.Errorf("the sweep's folder cannot be written to: %w", err)
	}
	return os.Remove(probe)
}
