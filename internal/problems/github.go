// SPDX-License-Identifier: Apache-2.0

package problems

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// GitHub's workflow commands: a line on stdout of a step is an annotation on
// the line of the file, in the job's log and in the pull request's changes.
// GitHub shows the first ten of each severity that a step prints, so that the
// worst come first. What is written is escaped as @actions/core does: a text
// from outside is never a command of its own.

var (
	commandText  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	commandValue = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

var githubCommands = map[Level]string{Error: "error", Warning: "warning", Note: "notice"}

// WriteGitHub writes the set as annotations, one a line.
func WriteGitHub(w io.Writer, s *Set) error {
	out := bufio.NewWriter(w)
	for _, p := range s.numbered() {
		var values []string
		add := func(name string, n int) {
			if n > 0 {
				values = append(values, fmt.Sprintf("%s=%d", name, n))
			}
		}
		if p.known {
			values = append(values, "file="+commandValue.Replace(p.place.File))
			add("line", p.place.Line)
			add("endLine", p.place.EndLine)
			// Columns are only meant, and taken, on one line.
			if p.place.EndLine == 0 || p.place.EndLine == p.place.Line {
				add("col", p.place.Column)
				add("endColumn", p.place.EndColumn)
			}
		}
		values = append(values, "title="+commandValue.Replace(p.Rule+": "+p.rule.Title))
		fmt.Fprintf(out, "::%s %s::%s\n", githubCommands[p.Severity], strings.Join(values, ","), commandText.Replace(p.Message))
	}
	return out.Flush()
}
