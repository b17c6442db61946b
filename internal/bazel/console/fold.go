// SPDX-License-Identifier: Apache-2.0

package console

import "slices"

// fold adds a printing's crash to the log: to the last crash where it is the
// same death, else as a new one.
func (p *parser) fold(k announcement, c PrintedCrash) {
	c.AfterSuccess = p.succeeded && p.successLife == p.life
	n := len(p.log.Crashes)
	if n > 0 && p.sameDeath(k, p.log.Crashes[n-1], c) {
		p.log.Crashes[n-1] = merged(p.log.Crashes[n-1], c)
		return
	}
	if n >= maxCrashes {
		p.lost("there are more crashes than are kept")
		return
	}
	p.log.Crashes = append(p.log.Crashes, c)
	p.crashLife = p.life
}

// lastDeath is the last crash, while no other server has begun since, or nil.
func (p *parser) lastDeath() *PrintedCrash {
	n := len(p.log.Crashes)
	if n == 0 {
		return nil
	}
	last := &p.log.Crashes[n-1]
	if p.crashLife == p.life || last.ServerGone && p.crashLife+1 == p.life {
		return last
	}
	return nil
}

// sameDeath reports whether b is another printing of a.
func (p *parser) sameDeath(k announcement, a, b PrintedCrash) bool {
	if k == bare && p.lastDeath() != nil {
		return true // jvm.out, printed after the client's words
	}
	if p.crashLife != p.life {
		return false
	}
	if k != fatal {
		return true // printed twice as a matter of course (thrown), or a remark
	}
	if len(a.Throwables) == 0 || len(b.Throwables) == 0 || a.OutOfMemory != b.OutOfMemory {
		return true // one has no stack, or an internal error came of the want of memory
	}
	// One server announces its own death once. Two different stacks of the
	// same kind are two deaths, of which nothing in between was kept.
	return a.Message == b.Message && a.Context == b.Context && a.Node == b.Node &&
		slices.Equal(a.Starlark, b.Starlark) && samePrefix(a.Java, b.Java)
}

// samePrefix compares as far as both were printed.
func samePrefix(a, b []JavaFrame) bool {
	n := min(len(a), len(b))
	return slices.Equal(a[:n], b[:n])
}

// merged is a with what b knows better. The first printing gives line and
// time; the cause, with its stack, comes from whichever says more.
func merged(a, b PrintedCrash) PrintedCrash {
	out := a
	if weight(b) > weight(a) {
		out = b
		out.Line, out.Time, out.AfterSuccess = a.Line, a.Time, a.AfterSuccess
	} else if a.Cause == Unknown && b.Cause != Unknown && b.Cause != ServerDied && !(a.OutOfMemory && b.Cause == InternalError) {
		out.Cause, out.Message = b.Cause, b.Message
	}
	out.OutOfMemory = a.OutOfMemory || b.OutOfMemory
	out.ServerGone = a.ServerGone || b.ServerGone
	out.ServerLog = firstOf(a.ServerLog, b.ServerLog)
	out.HeapDump = firstOf(a.HeapDump, b.HeapDump)
	out.HandlerFailure = firstOf(a.HandlerFailure, b.HandlerFailure)
	out.Time = firstOf(a.Time, b.Time)
	return out
}

// weight orders printings by how much they explain: the want of memory before
// what came of it, a Starlark stack before Java's alone, any stack before none.
func weight(c PrintedCrash) int {
	w := 0
	switch {
	case c.OutOfMemory && len(c.Throwables) > 0:
		w = 40
	case c.OutOfMemory && c.Cause == Unknown, c.Cause == ServerDied:
		w = 10
	case c.OutOfMemory:
		w = 20
	case len(c.Throwables) > 0:
		w = 15
	}
	if len(c.Starlark) > 0 {
		w += 4
	}
	if len(c.Java) > 0 {
		w += 2
	}
	if c.Context != "" || c.Node != "" {
		w++
	}
	return w
}
