// SPDX-License-Identifier: Apache-2.0

package problems

import "io"

// GitLab's code quality report: the part of Code Climate's format that GitLab
// reads. A file's path is to be relative to the repository's root.

type gitlabIssue struct {
	Description string         `json:"description"`
	Check       string         `json:"check_name"`
	Fingerprint string         `json:"fingerprint"`
	Severity    string         `json:"severity"`
	Location    gitlabLocation `json:"location"`
}

type gitlabLocation struct {
	Path  string `json:"path"`
	Lines struct {
		Begin int `json:"begin"`
		End   int `json:"end,omitempty"`
	} `json:"lines"`
}

var gitlabSeverities = map[Level]string{Error: "critical", Warning: "major", Note: "info"}

// WriteGitLab writes the set as a code quality report.
func WriteGitLab(w io.Writer, s *Set) error {
	issues := []gitlabIssue{}
	for _, p := range s.numbered() {
		i := gitlabIssue{Description: p.Message, Check: p.Rule, Fingerprint: p.fingerprint, Severity: gitlabSeverities[p.Severity]}
		i.Location.Path = p.place.File
		i.Location.Lines.Begin, i.Location.Lines.End = p.place.Line, p.place.EndLine
		issues = append(issues, i)
	}
	return writeJSON(w, issues)
}
