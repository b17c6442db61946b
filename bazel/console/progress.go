package console

import "strings"

// progressWords begin the lines that Bazel's UI prints while it works.
var progressWords = [...]string{
	"Loading:", "Analyzing:", "INFO: ", "DEBUG: ", "WARNING: ", "Building:", "Computing main repo mapping:",
	"Fetching ", "Extracting Bazel", "Starting local Bazel server", "... still trying to connect", "Waiting for ",
	"checking cached actions", "currently loading:", "FAILED:", "Target ", "Use --", "Testing:", "Dumping heap to ",
}

// isProgress reports whether text is a line of Bazel's UI, which may stand
// anywhere: progress, a counter "[12 / 3,456]", a log event.
func isProgress(text string) bool {
	t := strings.TrimLeft(text, " \t")
	if strings.HasPrefix(t, "[") {
		inner, _, found := strings.Cut(t[1:], "]")
		return found && strings.Contains(inner, " / ") && digits(inner) > 0
	}
	for _, w := range progressWords {
		if strings.HasPrefix(t, w) {
			return true
		}
	}
	return false
}
