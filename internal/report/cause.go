// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"strings"

	"example.invalid/starlark-memls/attribution"
	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/internal/measurement"
)

// causes say why a server died, as a clause.
var causes = map[console.Cause]string{
	console.JavaHeapSpace: "the Java heap was full",
	console.GCOverhead:    "garbage collection took nearly all the time and freed too little",
	console.ArraySize:     "a string or list grew beyond what Java allows",
	console.GCThrashing:   "Bazel gave up because garbage collection freed too little",
	console.ServerDied:    "the server died without a message",
	console.InternalError: "Bazel had an internal error",
	console.StackOverflow: "the stack overflowed",
	console.Unknown:       "the cause is not known",
	console.Metaspace:     "the JVM's metaspace was full",
	console.DirectMemory:  "the JVM's direct memory was used up",
	console.NativeMemory:  "the JVM could not get native memory",
	console.MachineMemory: "the machine had no memory left",
}

// CauseText says why a server died, as a clause: "the Java heap was full".
func CauseText(c console.Cause) string {
	if text, ok := causes[c]; ok {
		return text
	}
	return strings.ReplaceAll(cmp.Or(string(c), "the cause is not known"), "_", " ")
}

// OutOfMemory reports whether a cause is a lack of memory.
func OutOfMemory(c console.Cause) bool {
	switch c {
	case console.ServerDied, console.InternalError, console.StackOverflow, console.Unknown:
		return false
	}
	return true
}

// statusText is a status in words: "out of memory".
func statusText(s measurement.Status) string { return strings.ReplaceAll(string(s), "_", " ") }

// crashHead names the crash: "the Java heap was full while evaluating
// //cpu:lock_19".
func crashHead(c *attribution.Crash) string {
	head := CauseText(c.Cause)
	if c.Older {
		head = "older crash: " + head
	}
	if c.Target != "" {
		head += " while evaluating " + c.Target
	}
	if c.Aspect != "" {
		head += " with the aspect " + c.Aspect
	}
	return head
}
