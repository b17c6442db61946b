// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/internal/bazel/heap"
	"example.invalid/starlark-memls/internal/input"
	"example.invalid/starlark-memls/internal/measurement"
)

// Heap dumps. One crash can leave two: the JVM's own (java_pid1234.hprof),
// written at the throw, with the stack that failed; and one of
// --heap_dump_on_oom, written when that stack was gone. The one that shows a
// failing Starlark stack is the better evidence. What a sweep kept of a dump
// that it deleted (heap.json) counts like the dump.

// maxHeapSummary bounds heap.json in bytes; a sweep's has some tens of KiB.
const maxHeapSummary = 64 << 20

type heapPart struct {
	partRead
	facts  *HeapFacts
	unread *UnreadDump
}

// An UnreadDump is a heap dump of a crash of which not all was read.
type UnreadDump struct {
	Path string
	// Later: it is being read.
	Later bool
}

// readHeap reads the measurement's dumps, the JVM's first, until one shows the
// Starlark stack that failed, and else what was kept of a dump.
func (o *observer) readHeap(ctx context.Context) error {
	for _, kind := range []struct {
		part measurement.Part
		read func(context.Context, string) (*heap.Summary, error)
	}{{measurement.HeapDump, o.readDump}, {measurement.HeapSummary, o.readSummary}} {
		paths := slices.Clone(o.m.Parts[kind.part])
		slices.SortStableFunc(paths, func(a, b string) int { return cmp.Compare(dumpOrder(a), dumpOrder(b)) })
		for _, path := range paths {
			o.heap.path = path
			s, err := kind.read(ctx, path)
			if err := damaged(ctx, &o.heap.partRead, err); err != nil {
				return err
			}
			if s == nil || err != nil {
				continue
			}
			if o.heap.take(s, path); o.heap.facts.failedStarlark() {
				return nil
			}
		}
	}
	return nil
}

// take keeps a dump's facts if they tell more than those of the one before.
func (p *heapPart) take(s *heap.Summary, path string) {
	for _, w := range s.Warnings {
		p.warn("%s", w)
	}
	facts := heapFacts(s, path)
	if p.facts == nil || facts.telling() > p.facts.telling() {
		p.facts = &facts
	}
}

func dumpOrder(path string) int {
	if strings.HasPrefix(filepath.Base(path), "java_pid") {
		return 0
	}
	return 1
}

// HeapLimits bound the work on a heap dump: by time and memory, not by its size.
type HeapLimits struct {
	Depth HeapDepth
	// Time and Memory bound what it takes to find who holds the memory, in
	// bytes; 0 is no bound.
	Time   time.Duration
	Memory int64
	// Progress, where set, is called now and then.
	Progress func(stage string, done, total int64)
}

// WithDumpLeft is the observation where nobody reads more of its heap dump: it says
// where that lies.
func (o *Observation) WithDumpLeft() *Observation {
	if o.UnreadDump == nil {
		return o
	}
	made, dump := *o, *o.UnreadDump
	dump.Later = false
	made.UnreadDump = &dump
	return &made
}

// Advice says what to do for what it has to say.
func (d *UnreadDump) Advice() string {
	if d.Later {
		return fmt.Sprintf("the heap dump of this crash, %s, is being read", d.Path)
	}
	return fmt.Sprintf("the heap dump of this crash lies at %s: `starlark-memls report %s`", d.Path, d.Path)
}

// A HeapDepth is how far a heap dump is read.
type HeapDepth uint8

// The depths. What was read before and kept costs nothing, and is used in any case.
const (
	HeapOwners HeapDepth = iota // stacks, and who holds the memory
	HeapStacks                  // a second a gigabyte
	HeapLater                   // nothing: somebody reads it after this
)

// readDump reads one dump, as far as the options say. Dumps are read one at a time: each may need as much memory as it is
// long.
func (o *observer) readDump(ctx context.Context, path string) (*heap.Summary, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() == 0 {
		o.heap.warn("this heap dump is empty: the server was killed, or the disk was full, before it was written")
		return nil, nil
	}
	limits := o.opts.Heap
	if limits.Depth == HeapLater {
		s, ok := heap.CachedSummary(path, o.opts.HeapCacheDir)
		if !ok {
			o.heap.unread = &UnreadDump{Path: path, Later: true}
		}
		return s, nil
	}
	if o.opts.OneDump != nil {
		select {
		case o.opts.OneDump <- struct{}{}:
			defer func() { <-o.opts.OneDump }()
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	s, err := heap.Read(ctx, path, heap.ReadOptions{
		OpenOptions: heap.OpenOptions{CacheDir: o.opts.HeapCacheDir, Workers: o.opts.Workers, Progress: limits.Progress},
		Previews:    true,
		Stacks:      limits.Depth == HeapStacks, Time: limits.Time, Memory: limits.Memory,
	})
	if err == nil && s.Unread != "" {
		o.heap.unread = &UnreadDump{Path: path, Later: limits.Depth == HeapStacks}
		if limits.Depth == HeapOwners {
			o.heap.warn("%s: `starlark-memls report %s` reads all of it", s.Unread, path)
		}
	}
	return s, err
}

// readSummary reads what was kept of a dump.
func (o *observer) readSummary(ctx context.Context, path string) (*heap.Summary, error) {
	f, err := input.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s := new(heap.Summary)
	if err := json.NewDecoder(io.LimitReader(f, maxHeapSummary)).Decode(s); err != nil {
		return nil, fmt.Errorf("not what was kept of a heap dump: %w", err)
	}
	return s, nil
}

// withDump adds the dump's testimony. A dump made at a throw of
// OutOfMemoryError is a crash's even where nothing else is left of it; one
// made by hand is none's.
func (o *observer) withDump(made *Observation) *Observation {
	h := o.heap.facts
	made.UnreadDump = o.heap.unread
	if h == nil {
		return made
	}
	unclear := made.Summary.Status == measurement.Unknown
	if len(made.Crashes) == 0 && h.Failed && (unclear || made.Summary.Status.Crashed()) && !o.description.Leftover {
		made.Crashes = []CrashFacts{{Cause: console.JavaHeapSpace, Source: "heap_dump"}}
		if unclear {
			made.Summary.Status = measurement.OutOfMemory
		}
	}
	return made.WithHeap(*h)
}
