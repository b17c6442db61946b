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
	exited = regexp.MustCompile(`(?i)\bexit(?:ed)?(?: with)?(?: (?:code|status))?[: ]+(137|143)\b`)
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
	how := ""
	switch m := killedClient.FindStringSubmatch(text); {
	case m != nil:
		how = strings.ToLower(m[1])
	case !p.underWay():
		return false
	case text == "Killed", text == "Killed: 9", text == "Terminated", text == "Terminated: 15":
		how = strings.ToLower(text[:len("Killed")])
	default:
		if m := exited.FindStringSubmatch(text); m != nil {
			how = map[string]string{"137": "killed", "143": "terminated"}[m[1]]
		}
	}
	switch {
	case how == "":
		return false
	case how[0] == 't':
		p.log.Interrupted = true
	default:
		p.closePrinting()
		p.fold(gone, Crash{Cause: ServerDied, Line: l.number, Time: l.time, Message: "killed by signal 9: " + text, ServerGone: true})
	}
	p.over = true
	return true
}

// underWay: Bazel was at work when the text got here.
func (p *parser) underWay() bool { return p.sawUI && !p.over }
