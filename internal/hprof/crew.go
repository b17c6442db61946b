// SPDX-License-Identifier: Apache-2.0

package hprof

import (
	"cmp"
	"errors"
	"sync"
	"sync/atomic"
)

// HotSpot writes a heap in thousands of segments, records of a megabyte each,
// and blocks, counts and distances never reach across their borders. So a crew
// can scan stretches of segments at once, each into an account of its own, and
// the accounts are added to the scan in the order of the file.
//
// Like sprint the crew decides nothing. Where it meets what it does not take (a
// class, a sub-record of no known class, damage, a cut) the account of that
// stretch and of all behind it is dropped, and the scan itself goes on from the
// stretch's beginning: what it says of a dump is the same with and without a
// crew.

const (
	stretchBytes = 8 << 20
	// crewStretches bounds what the crew is given at once, and so the accounts
	// that wait for an earlier one.
	crewStretches = 64
	// crewPause is how many segments the scan takes by itself after the crew
	// could not: classes come first in a dump, in several segments. Each time in
	// a row that it could not the pause doubles, for a dump may have them all
	// over.
	crewPause    = 4
	maxCrewPause = 1024
)

// A segmentRun is consecutive heap dump segments: from the first one's header to the
// end of the last.
type segmentRun struct{ from, to int64 }

// An account is what one stretch has: the part of a scan that depends on
// objects.
type account struct {
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

// errBeyondCrew is what a member meets and leaves to the scan.
var errBeyondCrew = errors.New("not for the crew")

// advance lets the crew take the segments from the window's record on, moves the
// window behind what it took, and reports whether that was anything.
func (s *scan) advance(w *walker) (bool, error) {
	if s.crewless > 0 {
		s.crewless--
		return false, nil
	}
	spans := s.spans(w.offset())
	if len(spans) < 2 || s.d.workers() < 2 {
		s.pause()
		return false, nil
	}
	accounts := make([]*account, len(spans))
	ready := make([]chan struct{}, len(spans))
	for i := range ready {
		ready[i] = make(chan struct{})
	}
	var next atomic.Int64
	var stopped atomic.Bool
	var crew sync.WaitGroup
	for range min(s.d.workers(), len(spans)) {
		member := s.member() // before the first account is added
		crew.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(spans) {
					return
				}
				if !stopped.Load() && s.ctx.Err() == nil {
					accounts[i] = member.take(spans[i])
				}
				close(ready[i])
			}
		})
	}
	taken := 0
	for i := range spans {
		<-ready[i]
		if accounts[i] == nil || !accounts[i].whole {
			break
		}
		s.add(accounts[i])
		accounts[i] = nil
		w.seek(spans[i].to)
		taken++
		s.report(spans[i].to)
	}
	stopped.Store(true)
	crew.Wait()
	switch taken {
	case 0:
		s.pause()
	case len(spans):
		s.paused = 0
	default:
		s.crewless, s.paused = crewPause, crewPause
	}
	return taken > 0, s.ctx.Err()
}

func (s *scan) pause() {
	s.paused = min(max(2*s.paused, crewPause), maxCrewPause)
	s.crewless = s.paused
}

// crewHops bounds the headers that spans looks at: a file may have nothing but
// empty segments, and each look would go over all of them.
const crewHops = 4096

// spans hops over the headers of the segments that follow each other from an
// offset on and lie whole in the file.
func (s *scan) spans(at int64) []segmentRun {
	var all []segmentRun
	var header [recordHeaderBytes]byte
	open, enough := segmentRun{at, at}, cmp.Or(s.d.opts.stretch, stretchBytes)
	for hops := 0; hops < crewHops && len(all) < crewStretches && s.ctx.Err() == nil && open.to+recordHeaderBytes <= s.src.size && s.header(header[:], open.to); hops++ {
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

// member is a scan that shares what the crew only looks at.
func (s *scan) member() *member {
	m := &member{size: s.blocks.size, scan: scan{d: &Dump{opts: OpenOptions{Workers: 1}, src: s.src, idSize: s.d.idSize, classes: s.d.classes},
		src: s.src, ctx: s.ctx, byID: s.byID, watch: s.watch, fixed: true},
		counts: make([]classCount, len(s.counts))}
	for i := range m.counts {
		m.counts[i] = classCount{minDelta: noDelta, watch: s.counts[i].watch}
	}
	m.walker = walker{window: newWindow(s.src), idSize: s.d.idSize}
	return m
}

// A member of the crew has its own window and room for counts.
type member struct {
	scan   scan
	size   int // of its blocks
	counts []classCount
	walker walker
}

// take scans one stretch.
func (m *member) take(stretch segmentRun) *account {
	s := &m.scan
	s.counts, s.prims, s.evidence = m.counts, [12]arrayCount{}, layoutEvidence{}
	s.blocks = newBlockBuilder(m.size)
	s.d.roots, s.d.watched = nil, map[uint32][]uint64{}
	a := &account{segmentRun: stretch, whole: true}
	w := &m.walker
	for w.seek(stretch.from); a.whole && w.offset() < stretch.to; {
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

// add puts an account to the scan's own.
func (s *scan) add(a *account) {
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
