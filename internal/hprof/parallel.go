// SPDX-License-Identifier: Apache-2.0

package hprof

import (
	"cmp"
	"errors"
	"sync"
	"sync/atomic"
)

// HotSpot writes a heap in thousands of segments, records of a megabyte each,
// and blocks, counts and distances never reach across their borders. So workers
// can scan runs of segments at once, each run for itself, and the partial scans
// are added to the scan in the order of the file.
//
// Like fastPath a worker decides nothing. Where it meets what it does not take (a
// class, a sub-record of no known class, damage, a cut) the partial scan of that
// run and of all behind it is dropped, and the serial scan goes on from the run's
// beginning: what is said of a dump is the same with and without workers.

const (
	runBytes = 8 << 20
	// maxRuns bounds what the workers are given at once, and so the partial scans
	// that wait for an earlier one.
	maxRuns = 64
	// serialSegments is how many segments the scan takes by itself after the workers
	// could not: classes come first in a dump, in several segments. Each time in
	// a row that it could not the pause doubles, for a dump may have them all
	// over.
	serialSegments    = 4
	maxSerialSegments = 1024
)

// A segmentRun is consecutive heap dump segments: from the first one's header to the
// end of the last.
type segmentRun struct{ from, to int64 }

// A partialScan is what one run has: the part of a scan that depends on
// objects.
type partialScan struct {
	segmentRun
	whole    bool // all of it was taken
	blocks   blockBuilder
	evidence layoutEvidence
	counts   []countOf // of the classes that occur
	prims    [12]arrayCount
	roots    []Root
	watched  map[uint32][]uint64
}

type countOf struct {
	class uint32
	count classCount
}

// errSerialOnly is what a member meets and leaves to the scan.
var errSerialOnly = errors.New("only for the serial scan")

// inParallel lets workers take the segments from the window's record on, moves the
// window behind what it took, and reports whether that was anything.
func (s *scan) inParallel(w *walker) (bool, error) {
	if s.serial > 0 {
		s.serial--
		return false, nil
	}
	spans := s.segmentRuns(w.offset())
	if len(spans) < 2 || s.d.workers() < 2 {
		s.goSerial()
		return false, nil
	}
	partial := make([]*partialScan, len(spans))
	ready := make([]chan struct{}, len(spans))
	for i := range ready {
		ready[i] = make(chan struct{})
	}
	var next atomic.Int64
	var stopped atomic.Bool
	var workers sync.WaitGroup
	for range min(s.d.workers(), len(spans)) {
		worker := s.newScanWorker() // before the first partial scan is added
		workers.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(spans) {
					return
				}
				if !stopped.Load() && s.ctx.Err() == nil {
					partial[i] = worker.take(spans[i])
				}
				close(ready[i])
			}
		})
	}
	taken := 0
	for i := range spans {
		<-ready[i]
		if partial[i] == nil || !partial[i].whole {
			break
		}
		s.add(partial[i])
		partial[i] = nil
		w.seek(spans[i].to)
		taken++
		s.report(spans[i].to)
	}
	stopped.Store(true)
	workers.Wait()
	switch taken {
	case 0:
		s.goSerial()
	case len(spans):
		s.lastSerial = 0
	default:
		s.serial, s.lastSerial = serialSegments, serialSegments
	}
	return taken > 0, s.ctx.Err()
}

func (s *scan) goSerial() {
	s.lastSerial = min(max(2*s.lastSerial, serialSegments), maxSerialSegments)
	s.serial = s.lastSerial
}

// maxHeaders bounds the headers that spans looks at: a file may have nothing but
// empty segments, and each look would go over all of them.
const maxHeaders = 4096

// segmentRuns hops over the headers of the segments that follow each other from an
// offset on and lie whole in the file.
func (s *scan) segmentRuns(at int64) []segmentRun {
	var all []segmentRun
	var header [recordHeaderBytes]byte
	open, enough := segmentRun{at, at}, cmp.Or(s.d.opts.runBytes, runBytes)
	for hops := 0; hops < maxHeaders && len(all) < maxRuns && s.ctx.Err() == nil && open.to+recordHeaderBytes <= s.src.size && s.header(header[:], open.to); hops++ {
		end := open.to + recordHeaderBytes + int64(be32(header[5:]))
		if header[0] != tagHeapDumpSegment || end > s.src.size {
			break
		}
		open.to = end
		if open.to-open.from >= enough {
			all = append(all, open)
			open.from = open.to
		}
	}
	if open.to > open.from {
		all = append(all, open)
	}
	return all
}

func (s *scan) header(b []byte, at int64) bool {
	n, _ := s.src.file.ReadAt(b, at)
	return n == len(b)
}

// newScanWorker is a scan that shares what the workers only look at.
func (s *scan) newScanWorker() *scanWorker {
	m := &scanWorker{size: s.blocks.size, scan: scan{d: &Dump{opts: OpenOptions{Workers: 1}, src: s.src, idSize: s.d.idSize, classes: s.d.classes},
		src: s.src, ctx: s.ctx, byID: s.byID, watch: s.watch, fixed: true},
		counts: make([]classCount, len(s.counts))}
	for i := range m.counts {
		m.counts[i] = classCount{minDelta: noDelta, watch: s.counts[i].watch}
	}
	m.walker = walker{window: newWindow(s.src), idSize: s.d.idSize}
	return m
}

// A scanWorker has its own window and room for counts.
type scanWorker struct {
	scan   scan
	size   int // of its blocks
	counts []classCount
	walker walker
}

// take scans one run.
func (m *scanWorker) take(run segmentRun) *partialScan {
	s := &m.scan
	s.counts, s.prims, s.evidence = m.counts, [12]arrayCount{}, layoutEvidence{}
	s.blocks = newBlockBuilder(m.size)
	s.d.roots, s.d.watched = nil, map[uint32][]uint64{}
	a := &partialScan{segmentRun: run, whole: true}
	w := &m.walker
	for w.seek(run.from); a.whole && w.offset() < run.to; {
		if w.need(recordHeaderBytes) != nil {
			a.whole = false
			break
		}
		length := int64(be32(w.buf[w.pos+5:]))
		w.pos += recordHeaderBytes
		end := w.offset() + length
		a.whole = s.heap(w, tagHeapDumpSegment, length) == nil
		w.seek(end)
	}
	a.blocks, a.evidence, a.prims, a.roots, a.watched = s.blocks, s.evidence, s.prims, s.d.roots, s.d.watched
	for i := range s.counts {
		if k := &s.counts[i]; k.count > 0 {
			a.counts = append(a.counts, countOf{uint32(i), *k})
			*k = classCount{minDelta: noDelta, watch: k.watch}
		}
	}
	return a
}

// add puts a partial scan to the scan's own.
func (s *scan) add(a *partialScan) {
	s.segmented = true
	s.blocks.join(&a.blocks)
	s.evidence.join(&a.evidence)
	for i := range a.prims {
		s.prims[i].join(&a.prims[i])
	}
	for i := range a.counts {
		s.counts[a.counts[i].class].join(&a.counts[i].count)
	}
	s.d.roots = append(s.d.roots, a.roots...)
	for class, ids := range a.watched {
		s.d.watched[class] = append(s.d.watched[class], ids...)
	}
}
