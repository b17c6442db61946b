// SPDX-License-Identifier: Apache-2.0

package console

import "strings"

// An announcement is a way in which Bazel announces a crash.
type announcement int

const (
	none announcement = iota
	// fatal: "FATAL: bazel ran out of memory and crashed. Printing stack
	// trace:" (3.x on), or "… crashed due to an internal error. …". Also
	// java.log's "Handling crash with …".
	fatal
	// thrown: "Internal error thrown during build. Printing stack trace:
	// <throwable>" (up to 3.x).
	thrown
	// said: "ERROR: bazel ran out of memory and crashed.", without a stack;
	// in the oldest versions "Blaze ran out of memory and crashed."
	said
	// gone: "Server terminated abruptly (…)", the client's words.
	gone
	// handler: "ERROR: A crash occurred while bazel was trying to handle a
	// crash! …", "Original uncaught exception:" on the next line.
	handler
	// bare: a throwable without a word before it (jvm.out).
	bare
)

const (
	oomWords      = " ran out of memory and crashed."
	internalWords = " crashed due to an internal error."
	stackFollows  = "Printing stack trace:"
	thrownWords   = "Internal error thrown during build. " + stackFollows
	goneWords     = "Server terminated abruptly"
	startupWords  = "Server crashed during startup."
	handlerWords  = "A crash occurred while "
	dumpWords     = "An attempt will be made to write a heap dump to "
	loggedWords   = "Handling crash with "
)

// headerOf tells whether text holds the announcement of a crash; at is where it
// begins. What stands in front is the caller's to judge: behind a collector's
// prefix it is an announcement, in a sentence ("grep 'FATAL: bazel ran out…'")
// it is none.
func headerOf(text string) (k announcement, at int) {
	if !strings.Contains(text, "crash") && !strings.Contains(text, "Internal error") && !strings.Contains(text, goneWords) {
		return none, 0 // as good as every line
	}
	for _, h := range [...]struct {
		words string
		kind  announcement
	}{
		{oomWords, said}, {internalWords, fatal}, {thrownWords, thrown}, {goneWords, gone},
		{startupWords, gone}, {handlerWords, handler}, {loggedWords, fatal},
	} {
		i := strings.Index(text, h.words)
		if i < 0 {
			continue
		}
		start := announcementStart(text, i, h.words[0] == ' ')
		k := h.kind
		if k == said && strings.HasPrefix(text[start:], "FATAL:") {
			k = fatal
		}
		if k == handler && !strings.Contains(text, "trying to handle a crash") {
			continue
		}
		if k == gone && h.words == goneWords && !strings.Contains(text[i:], "(") && len(text) > i+len(goneWords)+2 {
			continue
		}
		return k, start
	}
	return none, 0
}

// announcementStart walks back from the fixed words over the product's name
// (bazel, Blaze) and the severity.
func announcementStart(text string, i int, named bool) int {
	if named {
		for i > 0 && text[i-1] != ' ' && text[i-1] != '\t' {
			i--
		}
	}
	for _, severity := range [...]string{"FATAL: ", "ERROR: ", "FATAL:", "ERROR:"} {
		if strings.HasSuffix(text[:i], severity) {
			return i - len(severity)
		}
	}
	return i
}

// heapDumpPath is the path in "An attempt will be made to write a heap dump
// to <path>. Printing stack trace:".
func heapDumpPath(head string) string {
	_, path, found := strings.Cut(head, dumpWords)
	if !found {
		return ""
	}
	path, _, _ = strings.Cut(path, ". Printing")
	return strings.TrimSuffix(strings.TrimSpace(path), ".")
}

// abruptDeath reads the client's words: "Server terminated abruptly (error
// code: 14, error message: 'Socket closed', log file: '<path>')".
func abruptDeath(text string) (message, log string) {
	_, message, _ = strings.Cut(text, "(")
	message = strings.TrimSuffix(strings.TrimSpace(message), ")")
	if before, path, found := strings.Cut(message, ", log file: '"); found {
		return before, strings.TrimSuffix(path, "'")
	}
	if _, path, found := strings.Cut(text, "Now printing "); found {
		return "crashed during startup", strings.TrimSuffix(strings.TrimSpace(path), ":")
	}
	return message, ""
}
