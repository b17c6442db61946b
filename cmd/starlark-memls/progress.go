// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// A terminalBar is a progress bar with words behind it. It is taken away at the
// end.
type terminalBar struct {
	io.Writer // prints above the bar
	*mpb.Bar
	all *mpb.Progress
}

// newTerminalBar shows a bar, or gives nil where w is no terminal. Words stand
// behind it, and are asked for each time it is drawn; before stand the numbers
// of the given form.
func newTerminalBar(w io.Writer, before decor.Decorator, words func() string) *terminalBar {
	file, ok := terminal(w)
	if !ok {
		return nil
	}
	all := mpb.New(mpb.WithOutput(file), mpb.WithWidth(60), mpb.WithRefreshRate(200*time.Millisecond))
	bar := all.AddBar(0, mpb.BarRemoveOnComplete(), mpb.PrependDecorators(before),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return " " + words() })))
	return &terminalBar{all, bar, all}
}

// close takes the bar away; there may be none.
func (b *terminalBar) close() {
	if b != nil {
		b.Abort(true)
		b.all.Wait()
	}
}

// A heapProgress shows, on a terminal, how far the reading of a dump is.
type heapProgress struct {
	out io.Writer

	mu    sync.Mutex
	bar   *terminalBar // nil before the first, and where there is no terminal
	stage string
}

func newHeapProgress(w io.Writer) *heapProgress { return &heapProgress{out: w} }

// show is given the stage under way, and how much of it is done; total is 0
// where that is not known.
func (p *heapProgress) show(stage string, done, total int64) {
	p.mu.Lock()
	p.stage = stage
	if p.bar == nil {
		p.bar = newTerminalBar(p.out, decor.Percentage(decor.WCSyncSpace), p.words)
	}
	bar := p.bar
	p.mu.Unlock()
	if bar != nil { // not under the lock: the bar asks for the words
		bar.SetTotal(max(total, 1), false)
		bar.SetCurrent(min(done, max(total, 1)-1)) // a full bar would be taken away between two stages
	}
}

func (p *heapProgress) words() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stage
}

// close takes the bar away. What is shown later starts anew.
func (p *heapProgress) close() {
	p.mu.Lock()
	bar := p.bar
	p.bar = nil
	p.mu.Unlock()
	bar.close()
}
