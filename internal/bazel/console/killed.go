// SPDX-License-Identifier: Apache-2.0

package console

import (
	"regexp"
	"strings"
)

// What shells, CI systems and the JVM say of a death that Bazel could say
// nothing of.
var (
	// killedClient: "bash: line 1:   72 Killed   bazel --batch run …",
	// "[1]+  Killed   bazel build", "zsh: killed     bazel build".
	killedClient = regexp.MustCompile(`(?:^|[\s:])([Kk]illed|Terminated|terminated)(?:: 9|: 15)?(?:\s+\(core dumped\))?\s+(?:\S*/)?(?:bazel|bazelisk|blaze)\b`)
	// exited: "##[error]Process completed with exit code 137."
	// exited also: "The command '…' returned a non-zero code: 137" (Docker).
	exited = regexp.MustCompile(`(?i)\b(?:exit(?:ed)?(?: with)?(?: (?:code|status))?|returned a non-zero code)[: ]+(137|143)\b`)
	// signalled: what other programs say of the client that they ran: Python's
	// "Command '["bazel", …]' died with <Signals.SIGKILL: 9>.", Go's "bazel
	// build //...: signal: killed".
	signalled = regexp.MustCompile(`\b(?:bazel|bazelisk|blaze)\b.*(?:died with <Signals\.SIG(KILL|TERM)|: signal: (killed|terminated)$)`)
	// made: "make: *** [Makefile:12: build] Killed", of the recipe with Bazel.
	made = regexp.MustCompile(`^make(?:\[\d+\])?: \*\*\* \[.*\] (Killed|Terminated)$`)
	// refused: the JVM's warning when the system gives it no more memory.
	refused = regexp.MustCompile(`os::commit_memory\(.*errno=12\)`)
)

// killedLine takes a line that says so. One that does not name Bazel counts
// only while a command of Bazel's is under way.
func (p *parser) killedLine(l line, text string) bool {
	if strings.HasPrefix(text, "# There is insufficient memory for the Java Runtime Environment") ||
		strings.HasPrefix(text, "There is insufficient memory for the Java Runtime Environment") {
		p.killedByMachine(l, strings.TrimPrefix(text, "# "))
		return true
	}
	if strings.Contains(text, "OOMKilled") && p.underWay() {
		p.killedByMachine(l, text)
		return true
	}
	if refused.MatchString(text) { // often its last words
		p.refused, p.refusedAt = text, l.number
		return true
	}
	how := ""
	switch m := killedClient.FindStringSubmatch(text); {
	case m != nil:
		how = strings.ToLower(m[1])
	case !p.underWay():
		return false
	case text == "Killed", text == "Killed: 9", text == "Terminated", text == "Terminated: 15":
		how = strings.ToLower(text[:len("Killed")])
	default:
		how = p.howEnded(l, text)
	}
	switch {
	case how == "":
		return false
	case how[0] == 't':
		p.log.Interrupted = true
	default:
		p.closePrinting()
		p.fold(gone, PrintedCrash{Cause: ServerDied, Line: l.number, Time: l.time, Message: "killed by signal 9: " + text, ServerGone: true})
	}
	p.over = true
	return true
}

// howEnded is what others say of a command of Bazel's that is under way.
func (p *parser) howEnded(l line, text string) string {
	words := map[string]string{"137": "killed", "143": "terminated", "KILL": "killed", "TERM": "terminated"}
	if m := exited.FindStringSubmatch(text); m != nil {
		return words[m[1]]
	}
	if m := signalled.FindStringSubmatch(text); m != nil {
		return firstOf(words[m[1]], m[2])
	}
	if m := made.FindStringSubmatch(text); m != nil && !p.inAction(l) {
		return strings.ToLower(m[1])
	}
	return ""
}

// inAction: the line is probably of a failing action's output.
func (p *parser) inAction(l line) bool {
	return p.errorHead.number > 0 && l.number-p.errorHead.number < maxInterruption*4
}

// underWay: Bazel was at work when the text got here.
func (p *parser) underWay() bool { return p.sawUI && !p.over }
