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
	p.fold(bare, Crash{Cause: Unknown, OutOfMemory: true, Line: l.number, Time: l.time,
		Message: strings.TrimPrefix(text, "Exception: ")})
}

// heapLine takes java.log's lines on full GCs.
func (p *parser) heapLine(l line, text string) bool {
	if !strings.Contains(text, "GC") && !strings.Contains(text, "tenured") {
		return false
	}
	n := HeapNote{Line: l.number, Time: l.time}
	switch {
	case cutIn(&text, "Memory use after full GC: "):
		n.Kind, n.Bytes = AfterFullGC, bytesOf(text)
	case cutIn(&text, "Ignoring possible GC thrashing x"):
		n.Kind, n.Times = IgnoringThrashing, number(text)
	case cutIn(&text, "Triggering a full GC"):
		n.Kind = TriggeringGC
	case cutIn(&text, "Back under threshold"):
		n.Kind = BackUnderThreshold
	default:
		return false
	}
	if n.Kind != AfterFullGC {
		_, rest, found := strings.Cut(text, "(")
		percent, _, of := strings.Cut(rest, "% of tenured space")
		if !found || !of {
			return false
		}
		n.Percent = number(percent)
	}
	if len(p.log.Heap) >= maxHeapNotes {
		p.lost("there are more lines on full GCs than are kept")
		return true
	}
	p.log.Heap = append(p.log.Heap, n)
	return true
}

// cutIn cuts s after words, if they are in it.
func cutIn(s *string, words string) bool {
	_, after, found := strings.Cut(*s, words)
	if found {
		*s = after
	}
	return found
}

// bytesOf reads a count of bytes of up to 18 digits.
func bytesOf(s string) int64 {
	var n int64
	for i := range min(digits(s), 18) {
		n = n*10 + int64(s[i]-'0')
	}
	return n
}
