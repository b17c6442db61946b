// SPDX-License-Identifier: Apache-2.0

package problems

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// ugly is a set with what file names, functions and messages of other people
// may hold.
func ugly() *Set {
	return &Set{
		Tool:     Tool{Name: "starlark-memls", Version: "1.2.3"},
		Fallback: "MODULE.bazel",
		Rules: []Rule{
			{ID: "ML001", Title: "Bazel ran out of memory on this line", Help: "What it means.\n\nWhat to do: `to_list()` less.", Severity: Error},
			{ID: "ML007", Title: "What this line makes holds much of the heap", Severity: Warning},
		},
		Problems: []Problem{
			{Rule: "ML007", Severity: Warning, Message: "holds 137 MiB of the 156 MiB live heap (88 %)", Subject: "_audit_impl", Place: Place{File: "rules/a b,c:d%.bzl", Line: 21, Column: 5, EndLine: 21, EndColumn: 30}},
			{Rule: "ML001", Severity: Error, Message: "100 % of\r\n::set-output name=x::y <&> \x01 ünï", Subject: "traverse_impl", Place: Place{File: "memory/eat.bzl", Line: 20},
				Related: []Related{{Place{File: "memory/eat.bzl", Line: 3}, "called from here"}, {Place{File: "C:/src/lib.bzl", Line: 9}, ""}, {Place{}, "a builtin"}}},
			{Rule: "ML001", Severity: Error, Message: "again", Subject: "traverse_impl", Place: Place{File: "memory/eat.bzl", Line: 25, EndLine: 27, Column: 3}},
			{Rule: "budget", Severity: Error, Message: "the live heap is 3.1 GiB, more than 3 GiB", Subject: "live_bytes<3g"},
			{Rule: "ML007", Severity: Note, Message: "in another repository", Place: Place{File: "/srv/build/out/external/lib/x.bzl", Line: 1}},
		},
		Held: []string{"limit<2g"},
	}
}

func written(t *testing.T, write func(io.Writer, *Set) error, s *Set) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, s); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for _, f := range Formats() {
		for name, set := range map[string]*Set{"ugly": ugly(), "empty": {Tool: Tool{Name: "starlark-memls"}}} {
			path := filepath.Join("testdata", name+"."+f.Name)
			got := written(t, f.Write, set)
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
				continue
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", path, diff)
			}
		}
	}
}

// valid holds a SARIF log to the schema of OASIS, as go-sarif has it, and to
// that library's reader, which knows every member there is.
func valid(t *testing.T, log []byte) error {
	t.Helper()
	strict := json.NewDecoder(bytes.NewReader(log))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&sarif.Report{}); err != nil {
		return err
	}
	report, err := sarif.FromBytes(log)
	if err != nil {
		return err
	}
	// The library writes what is not set, too, with values that are no defaults.
	for _, run := range report.Runs {
		run.Language, run.Tool.Driver.Language = "en-US", "en-US"
		run.NewlineSequences = []string{"\n"}
	}
	return report.Validate()
}

func TestSARIFByItsSchema(t *testing.T) {
	t.Parallel()
	log := written(t, WriteSARIF, ugly())
	if err := valid(t, log); err != nil {
		t.Error(err)
	}
	if err := valid(t, written(t, WriteSARIF, &Set{Tool: Tool{Name: "starlark-memls"}})); err != nil {
		t.Error(err)
	}
	for _, broken := range []string{`"ruleId"`, `"level": "error"`, `"startLine": 20`} {
		bad := map[string]string{`"ruleId"`: `"rule_id"`, `"level": "error"`: `"level": "fatal"`, `"startLine": 20`: `"startLine": 0`}[broken]
		if valid(t, bytes.Replace(log, []byte(broken), []byte(bad), 1)) == nil {
			t.Errorf("%s in the place of %s is valid", bad, broken)
		}
	}
	report, err := sarif.FromBytes(log)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range report.Runs[0].Results {
		if rule := report.Runs[0].Tool.Driver.Rules[r.RuleIndex]; *rule.ID != *r.RuleID {
			t.Errorf("the result of %s points at the rule %s", *r.RuleID, *rule.ID)
		}
	}
}

// TestFingerprints: a problem keeps its fingerprint when its line moves, when
// its numbers change and when others come and go.
func TestFingerprints(t *testing.T) {
	t.Parallel()
	of := func(s *Set) map[string]string {
		all := map[string]string{}
		for _, n := range s.numbered() {
			all[n.Rule+n.Subject+n.Message] = n.fingerprint
		}
		return all
	}
	before := of(ugly())
	seen := map[string]bool{}
	for _, f := range before {
		if seen[f] {
			t.Errorf("%s is the fingerprint of two", f)
		}
		seen[f] = true
	}
	moved := ugly()
	moved.Problems = moved.Problems[1:]
	moved.Problems[0].Place.Line += 100
	after := of(moved)
	for name, f := range after {
		if before[name] != f {
			t.Errorf("%q: %s was %s", name, f, before[name])
		}
	}
	// One that changes with the version of this program would show everybody
	// all problems as new.
	const first = "8abff80c59bd5c95070f0cf65744b816"
	if got := (&Problem{Rule: "ML001", Subject: "traverse_impl", Place: Place{File: "memory/eat.bzl"}}).fingerprint(0); got != first {
		t.Errorf("fingerprint %s, want %s: if that is meant, FingerprintVersion changes too", got, first)
	}
}

// TestGitHubCommands reads the lines as the runner does (ActionCommand.cs):
// each is one command, and holds what was said.
func TestGitHubCommands(t *testing.T) {
	t.Parallel()
	unescape := strings.NewReplacer("%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",", "%25", "%")
	s := ugly()
	lines := strings.Split(strings.TrimSuffix(string(written(t, WriteGitHub, s)), "\n"), "\n")
	if len(lines) != len(s.Problems) {
		t.Fatalf("%d lines for %d problems:\n%s", len(lines), len(s.Problems), strings.Join(lines, "\n"))
	}
	found := map[string]map[string]string{}
	for _, line := range lines {
		head, message, ok := strings.Cut(strings.TrimPrefix(line, "::"), "::")
		command, values, _ := strings.Cut(head, " ")
		if !ok || command != "error" && command != "warning" && command != "notice" {
			t.Errorf("%q is no command", line)
		}
		of := map[string]string{"": command}
		for pair := range strings.SplitSeq(values, ",") {
			name, value, _ := strings.Cut(pair, "=")
			of[name] = unescape.Replace(value)
		}
		found[unescape.Replace(message)] = of
	}
	for _, p := range s.Problems {
		of := found[p.Message]
		if of == nil || of["file"] != p.Place.File {
			t.Errorf("%q: %v, want the file %q", p.Message, of, p.Place.File)
		}
	}
	if !strings.HasPrefix(lines[0], "::error ") || !strings.HasPrefix(lines[len(lines)-1], "::notice ") {
		t.Errorf("the worst are not first:\n%s", strings.Join(lines, "\n"))
	}
}

// TestGitLabIssues holds the report to what GitLab's documentation demands.
func TestGitLabIssues(t *testing.T) {
	t.Parallel()
	var issues []struct {
		Description string `json:"description"`
		Check       string `json:"check_name"`
		Fingerprint string `json:"fingerprint"`
		Severity    string `json:"severity"`
		Location    struct {
			Path  string `json:"path"`
			Lines struct {
				Begin int `json:"begin"`
			} `json:"lines"`
		} `json:"location"`
	}
	if err := json.Unmarshal(written(t, WriteGitLab, ugly()), &issues); err != nil {
		t.Fatal(err)
	}
	for _, i := range issues {
		if i.Description == "" || i.Check == "" || len(i.Fingerprint) != 32 || i.Location.Path == "" || i.Location.Lines.Begin < 1 ||
			!strings.Contains(" info minor major critical blocker ", " "+i.Severity+" ") {
			t.Errorf("not an issue of GitLab's: %+v", i)
		}
	}
}
