// SPDX-License-Identifier: Apache-2.0

package console

import (
	"math"
	"strconv"
	"strings"
)

// statusLine takes the lines that say how the command fared.
func (p *parser) statusLine(text string) bool {
	if p.newLife(text) {
		p.sawUI = true
	}
	switch {
	case strings.Contains(text, "INFO: Build completed successfully"):
		p.over = true
		p.log.Succeeded, p.succeeded, p.successLife = true, true, p.life
	case strings.HasPrefix(text, "FAILED: Build did NOT complete successfully"),
		strings.HasPrefix(text, "ERROR: Build did NOT complete successfully"):
		p.log.BuildFailed, p.over = true, true
	case strings.HasPrefix(text, "INFO: Elapsed time: "):
		if us, ok := elapsed(text[len("INFO: Elapsed time: "):]); ok {
			p.log.ElapsedMicros = us
		}
	case strings.HasPrefix(text, "INFO: Invocation ID: "):
		p.log.InvocationID = strings.TrimSpace(text[len("INFO: Invocation ID: "):])
	case strings.HasPrefix(text, "Bazel caught interrupt signal"), strings.HasPrefix(text, "Bazel caught terminate signal"):
		p.log.Interrupted = true
	default:
		return false
	}
	p.sawUI = true
	return true
}

// newLife notes the lines with which a server or a command begins.
func (p *parser) newLife(text string) bool {
	switch {
	case strings.HasPrefix(text, "Starting local Bazel server"), strings.HasPrefix(text, "Extracting Bazel installation"),
		strings.HasPrefix(text, "INFO: Invocation ID: "), text == "Loading:", text == "Computing main repo mapping:":
	default:
		return false
	}
	p.closePrinting()
	p.life++
	p.over = false
	return true
}

// elapsed reads "12.316s, Critical Path: …" as microseconds.
func elapsed(text string) (int64, bool) {
	seconds, _, found := strings.Cut(text, "s")
	if !found {
		return 0, false
	}
	s, err := strconv.ParseFloat(seconds, 64)
	if err != nil || math.IsNaN(s) || s < 0 || s > 1e9 {
		return 0, false
	}
	return int64(math.Round(s * 1e6)), true
}

// An errorHead is an "ERROR:" line whose traceback may follow.
type errorHead struct {
	text   string
	number int
	first  bool // it is the log's first error
}

// errorLine takes an "ERROR:" line that announces no crash.
func (p *parser) errorLine(l line, text string) {
	p.sawUI = true
	// The server's word, and so in command.log; the client's is on its
	// terminal alone (B/buildtool/BuildTool.java, since 0.2x).
	if text == "build interrupted" || text == "ERROR: build interrupted" {
		p.log.Interrupted = true
	}
	first := p.log.FirstError == ""
	if first {
		p.log.FirstError = text
	}
	p.errorHead = errorHead{text: text, number: l.number, first: first}
}
