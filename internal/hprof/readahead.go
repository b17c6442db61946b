// SPDX-License-Identifier: Apache-2.0

package hprof

// Half of a pass over a dump in the page cache is the kernel's copying. Where a
// window is read on and on, the next piece is copied by another processor
// while this one is looked at. A pass that leaps from one big array to the next
// would read in vain what it leaps over: only behind two pieces without a gap
// a third is read ahead.

// aheadKept is how much of a piece may be left over when the next one is taken:
// a sub-record that lies across their border. More goes the slow way.
const aheadKept = 64 << 10

// A readAhead reads one piece at a time for the window that it belongs to,
// which must stop it in the end.
type readAhead struct {
	bufs [2][]byte // each begins with room for what is left over
	next int       // the one that the window does not look at
	end  int64     // of the last piece that the window was given

	reading bool
	at      int64 // of the piece under way
	done    chan readResult
}

type readResult struct {
	n   int
	err error
}

func newReadAhead() *readAhead {
	a := &readAhead{done: make(chan readResult, 1), end: -1}
	for i := range a.bufs {
		a.bufs[i] = make([]byte, aheadKept+readBytes)
	}
	return a
}

// take gives the window the piece that was read ahead, if that is the one it
// wants and holds the n bytes.
func (a *readAhead) take(w *window, n int) bool {
	if !a.reading {
		return false
	}
	r := <-a.done
	a.reading = false
	kept := len(w.buf) - w.pos
	from := w.offset()
	if r.err != nil || a.at != from+int64(kept) || kept > aheadKept || kept+r.n < n {
		return false
	}
	buf := a.bufs[a.next]
	copy(buf[aheadKept-kept:], w.buf[w.pos:])
	w.base, w.pos, w.buf = from, 0, buf[aheadKept-kept:aheadKept+r.n]
	a.next = 1 - a.next
	a.follow(w, a.at)
	return true
}

// follow begins to read what comes after the window's piece, which was read
// from at on, where that followed the one before.
func (a *readAhead) follow(w *window, at int64) {
	steady := at == a.end
	a.end = w.base + int64(len(w.buf))
	if !steady || a.reading || a.end >= w.size {
		return
	}
	a.reading, a.at = true, a.end
	buf := a.bufs[a.next][aheadKept:][:min(readBytes, w.size-a.end)]
	go func() {
		n, err := w.src.ReadAt(buf, a.at)
		a.done <- readResult{n, err}
	}()
}

// stop waits for what is under way.
func (a *readAhead) stop() {
	if a.reading {
		<-a.done
		a.reading = false
	}
}
