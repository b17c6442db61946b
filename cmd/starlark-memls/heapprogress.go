package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"example.invalid/starlark-memls/internal/plain"
)

// A heapProgress shows, on a terminal, how far the reading of a dump is: one
// line that is written over and taken away at the end.
type heapProgress struct {
	mu    sync.Mutex
	out   io.Writer // nil where there is no terminal
	shown time.Time
}

func newHeapProgress(w io.Writer) *heapProgress {
	w = plain.Raw(w)
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return &heapProgress{}
	}
	return &heapProgress{out: w}
}

const heapProgressPause = 100 * time.Millisecond

func (p *heapProgress) show(stage string, done, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.out == nil || time.Since(p.shown) < heapProgressPause {
		return
	}
	p.shown = time.Now()
	if total > 0 {
		fmt.Fprintf(p.out, "\r\x1b[K%s: %d %%", stage, 100*done/total)
	} else {
		fmt.Fprintf(p.out, "\r\x1b[K%s", stage)
	}
}

// close takes the line away. What is shown later starts anew.
func (p *heapProgress) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.out != nil && !p.shown.IsZero() {
		fmt.Fprint(p.out, "\r\x1b[K")
		p.shown = time.Time{}
	}
}
