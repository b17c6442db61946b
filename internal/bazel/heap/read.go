// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"context"
	"fmt"
	"time"
)

// ReadOptions say how much Read gives.
type ReadOptions struct {
	OpenOptions
	// Previews puts the beginnings of the locals' values in. They may hold
	// secrets, and are read from the dump each time: they are never kept.
	Previews bool
	// Stacks leaves it at the stacks and the classes, which cost one pass.
	Stacks bool
	// Time bounds what it takes to find who holds the memory, and Memory how
	// many bytes of memory, by an estimate; 0 is no bound. Where one is too
	// little the summary has no Owners, and Unread says why.
	Time   time.Duration
	Memory int64
}

// Read returns the whole summary of a dump: the one that was kept beside the
// dump's index in Options.CacheDir if there is one, else by Analyze, and then
// it is kept. A dump whose object graph cannot be built (it is cut in its
// middle) still has its threads; the summary's warnings say what is missing,
// and it is not kept. Retained sizes of kept summaries and of fresh ones are
// the same.
func Read(ctx context.Context, path string, opts ReadOptions) (*Summary, error) {
	kept, ok := kept(path, opts.CacheDir)
	if ok && !opts.Previews {
		return kept, nil
	}
	d, err := Open(ctx, path, opts.OpenOptions)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	if ok {
		kept.addPreviews(d.Threads())
		return kept, ctx.Err()
	}
	unread, err := d.analyzeWithin(ctx, opts)
	if err != nil || unread != "" {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		s := d.Summary(SummaryOptions{Previews: opts.Previews})
		if s.Unread = unread; unread != "" {
			return s, nil
		}
		s.Warnings = append(s.Warnings, fmt.Sprintf("who holds the memory is not known: %v", err))
		return s, nil
	}
	s := d.Summary(SummaryOptions{Previews: opts.Previews})
	if opts.CacheDir != "" {
		if err := s.Store(path, opts.CacheDir); err != nil {
			s.Warnings = append(s.Warnings, err.Error())
		}
	}
	return s, nil
}

// analyzeWithin finds who holds the memory, as far as the options allow; else
// unread says why it did not.
func (h *Dump) analyzeWithin(ctx context.Context, opts ReadOptions) (unread string, err error) {
	if opts.Stacks {
		return "only the stacks were asked for", nil
	}
	if need := h.d.OwnersBytes(); opts.Memory > 0 && need > opts.Memory {
		return fmt.Sprintf("who holds the memory was not looked for: that takes about %d MiB of memory, and %d are allowed", need>>20, opts.Memory>>20), nil
	}
	within := ctx
	if opts.Time > 0 {
		var cancel context.CancelFunc
		within, cancel = context.WithTimeout(ctx, opts.Time)
		defer cancel()
	}
	_, err = h.Analyze(within)
	if within.Err() != nil && ctx.Err() == nil {
		return fmt.Sprintf("who holds the memory was not found within %v", opts.Time), nil
	}
	return "", err
}

func kept(path, cacheDir string) (*Summary, bool) {
	if cacheDir == "" {
		return nil, false
	}
	return CachedSummary(path, cacheDir)
}

// addPreviews puts the values' beginnings into a kept summary. Its locals are
// the same objects as the dump's, by identifier.
func (s *Summary) addPreviews(threads []Thread) {
	previews := map[uint64]string{}
	for _, t := range threads {
		for _, f := range t.Frames {
			for _, l := range f.Locals {
				previews[l.ID] = l.Preview
			}
		}
	}
	for _, t := range s.Threads {
		for _, f := range t.Frames {
			for i := range f.Locals {
				f.Locals[i].Preview = previews[f.Locals[i].ID]
			}
		}
	}
}
