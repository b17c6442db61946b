// SPDX-License-Identifier: Apache-2.0

package heap

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"

	"example.invalid/starlark-memls/internal/hprof"
)

// OpenOptions tell Open what it cannot find out by itself. The zero value is good.
type OpenOptions struct {
	// TempDir is where a gzip'd dump is inflated; "" is the system's.
	TempDir string
	// CacheDir is where the dump's index is kept between runs; "" is nowhere.
	CacheDir string
	// Progress, where set, is called now and then.
	Progress func(stage string, done, total int64)
	// Workers bounds the goroutines; 0 is GOMAXPROCS.
	Workers int
}

// A Dump is an open heap dump of a Bazel server. It is safe for concurrent
// use.
type Dump struct {
	*reader
	threads []Thread
	virtual bool // there are virtual threads
	letGo   bool // see noteFreed
	// comprehended are the bindings, by object, that comprehensions make.
	comprehended map[uint64]bool

	analysis *Analysis
	busy     chan struct{} // holds a token while Analyze works
	refs     []uint32      // room, of Analyze
}

// reader is what all parts read with.
type reader struct {
	d *hprof.Dump

	mu        sync.Mutex // of the caches below
	kinds     map[*hprof.Class]valueKind
	providers map[uint64]Provider
	schemas   map[uint64][]string

	notes []string // what could not be read, in words
}

// note remembers a loss, once.
func (r *reader) note(format string, args ...any) {
	s := fmt.Sprintf(format, args...)
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Contains(r.notes, s) {
		r.notes = append(r.notes, s)
	}
}

// Open reads a dump once: threads, stacks, locals and the class histogram. What
// needs the object graph waits for Analyze. The file stays open until Close.
func Open(ctx context.Context, path string, opts OpenOptions) (*Dump, error) {
	return open(opts, func(o hprof.OpenOptions) (*hprof.Dump, error) { return hprof.Open(ctx, path, o) })
}

// OpenAt opens a dump that lies in no file, as hprof.OpenAt does.
func OpenAt(ctx context.Context, from io.ReaderAt, size int64, name string, opts OpenOptions) (*Dump, error) {
	return open(opts, func(o hprof.OpenOptions) (*hprof.Dump, error) { return hprof.OpenAt(ctx, from, size, name, o) })
}

func open(opts OpenOptions, dump func(hprof.OpenOptions) (*hprof.Dump, error)) (*Dump, error) {
	defer collectOften()()
	var progress func(hprof.Progress)
	if opts.Progress != nil {
		progress = func(p hprof.Progress) { opts.Progress(p.Stage, p.Done, p.Total) }
	}
	watch := append(slices.Clone(frameClasses), virtualThread, comprehensionFor)
	for _, l := range threadLayouts {
		watch = append(watch, l.class)
	}
	d, err := dump(hprof.OpenOptions{TempDir: opts.TempDir, CacheDir: opts.CacheDir, Watch: watch, Progress: progress, Workers: opts.Workers})
	if err != nil {
		return nil, err
	}
	h := &Dump{reader: &reader{d: d, kinds: map[*hprof.Class]valueKind{}, providers: map[uint64]Provider{}, schemas: map[uint64][]string{}},
		busy: make(chan struct{}, 1)}
	h.comprehended = h.readComprehended()
	h.virtual = len(h.virtualThreads()) > 0
	h.threads = h.readThreads()
	return h, nil
}

// Close releases the file.
func (h *Dump) Close() error { return h.d.Close() }

// Threads are the Starlark stacks, the failed thread's first. Their locals have
// retained sizes once Analyze has run.
func (h *Dump) Threads() []Thread {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.analysis != nil {
		return h.analysis.Threads
	}
	return h.threads
}

// Warnings say what was lost: a dump that is cut, classes with fields that this
// package does not know.
func (h *Dump) Warnings() []string {
	var out []string
	if s := h.d.Damage(); s != "" {
		out = append(out, s)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return append(out, h.notes...)
}
