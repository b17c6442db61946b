// SPDX-License-Identifier: Apache-2.0

package console

import "strings"

// bazelWords are what no other program prints, each as it begins a line.
var bazelWords = [...]string{
	"INFO: Invocation ID: ", "INFO: Analyzed ", "INFO: Elapsed time: ", "INFO: Build completed ", "INFO: Options provided by ",
	"INFO: Build option ", "INFO: Streaming build results ", "INFO: Writing tracer profile ",
	"FAILED: Build did NOT complete ", "ERROR: Build did NOT complete ", "ERROR: Analysis of target ", "ERROR: build interrupted",
	"Starting local Bazel server", "Extracting Bazel installation", "Computing main repo mapping:", "Bazel caught ",
	"net.starlark.java.eval.", "at <starlark>.", "at net.starlark.java.", "at com.google.devtools.build.lib.",
}

// otherWords are Bazel's too, and may be somebody else's.
var otherWords = [...]string{
	"INFO: Reading ", "INFO: Found ", "INFO: Current date is ", "INFO: Repository ", "Loading: ", "Analyzing: ", "ERROR: /", "ERROR: An error occurred during ",
	"ERROR: error loading package ", "ERROR: Skipping ", "ERROR: Evaluation of ", "# Rule ", "# /",
	"Traceback (most recent call last):", "java.lang.OutOfMemoryError", "java.lang.StackOverflowError", "Exception in thread ",
	"Exception: java.lang.", "Caused by: ", "Dumping heap to ",
}

var severities = [...]string{"INFO: ", "ERROR: ", "WARNING: ", "DEBUG: "}

// wordsAt is where Bazel's words begin in text, -1 where it has none; sure is
// whether they are nobody else's.
func wordsAt(text string) (at int, sure bool) {
	text = text[:min(len(text), maxPrefix+200)]
	if k, at := headerOf(text); k != none && at <= maxPrefix {
		return at, true
	}
	severity := -1 // where an error begins that tells of the words
	for i := 0; i < len(text) && i <= maxPrefix; i++ {
		list := wordsBy[text[i]]
		if list == nil || i > 0 && isLetter(rune(text[i-1])) {
			continue
		}
		for _, w := range list {
			switch {
			case !strings.HasPrefix(text[i:], w.text):
			case !w.severity && severity >= 0:
				return severity, w.sure
			case !w.severity:
				return i, w.sure
			case severity < 0:
				severity = i
			}
		}
	}
	return -1, false
}

// A word of Bazel's, for wordsAt.
type word struct {
	text           string
	sure, severity bool
}

// wordsBy are the words by their first byte, those that tell most first.
var wordsBy = func() (by [256][]word) {
	for _, text := range bazelWords {
		by[text[0]] = append(by[text[0]], word{text: text, sure: true})
	}
	for _, text := range otherWords {
		by[text[0]] = append(by[text[0]], word{text: text})
	}
	for _, text := range severities {
		by[text[0]] = append(by[text[0]], word{text: text, severity: true})
	}
	return by
}()
