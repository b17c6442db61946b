// SPDX-License-Identifier: Apache-2.0

package console

import "strings"

// jvmLine takes what the JVM itself writes, mostly in jvm.out:
//
//	Dumping heap to <path> ...
//	Heap dump file created [105805306 bytes in 0.311 secs]
//	Exception: java.lang.OutOfMemoryError thrown from the UncaughtExceptionHandler in thread "main"
func (p *parser) jvmLine(l line, text string) bool {
	switch {
	case strings.HasPrefix(text, "Dumping heap to "):
		p.heapDump(strings.TrimSpace(strings.TrimSuffix(text[len("Dumping heap to "):], "...")))
	case strings.HasPrefix(text, "Heap dump file created ["):
	case strings.HasPrefix(text, "Exception: "+outOfMemoryClass+" thrown from the UncaughtExceptionHandler"):
		p.uncaught(l, text)
	default:
		return false
	}
	return true
}

// heapDump gives the dump to the crash that it is of.
func (p *parser) heapDump(path string) {
	if p.printing != nil {
		p.printing.crash.HeapDump = firstOf(p.printing.crash.HeapDump, path)
		return
	}
	if last := p.lastDeath(); last != nil {
		last.HeapDump = firstOf(last.HeapDump, path)
	}
}

// uncaught takes the JVM's last words: memory ran out even for handling that
// memory ran out. They name neither the kind nor a stack.
func (p *parser) uncaught(l line, text string) {
	if p.printing != nil {
		p.printing.crash.OutOfMemory = true
		return
	}
	if last := p.lastDeath(); last != nil {
		last.OutOfMemory = true
		return
	}
	if p.sawUI {
		return // in a console, another program's
	}
	p.fold(bare, PrintedCrash{Cause: Unknown, OutOfMemory: true, Line: l.number, Time: l.time,
		Message: strings.TrimPrefix(text, "Exception: ")})
}
