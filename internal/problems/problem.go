// SPDX-License-Identifier: Apache-2.0

package problems

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strings"
)

// A Level is how much a problem matters.
type Level int

// The severities. An Error is what a build should fail for.
const (
	Note Level = iota
	Warning
	Error
)

func (s Level) String() string {
	return [...]string{"note", "warning", "error"}[min(max(s, Note), Error)]
}

// A Rule is a kind of problem.
type Rule struct {
	ID    string // stable: "ML001", "retained_bytes"
	Title string // one line, no full stop
	Help  string // Markdown; may be empty
	// Severity is that of its problems, if they do not say otherwise.
	Severity Level
}

// A Place is where something stands. Lines and columns count from 1, columns in
// Unicode code points; 0 is not known. The end is exclusive in columns.
type Place struct {
	// File has forward slashes. It is relative to the repository's root, or
	// absolute where it lies elsewhere; "" for a problem of the whole build.
	File                             string
	Line, Column, EndLine, EndColumn int
}

// A Related is a place that helps to understand a problem.
type Related struct {
	Place   Place
	Message string
}

// A Problem is one thing that was found.
type Problem struct {
	Rule     string // its ID
	Severity Level
	// Message is plain text, one sentence or more. It holds no secrets.
	Message string
	Place   Place
	Related []Related
	// Subject says what the problem is about in words that survive edits and
	// repeated builds: a function's name, a budget's condition; no line, no
	// number that was measured.
	Subject string
}

// FingerprintVersion is the version of how fingerprints are made. A code host
// keeps what people decided about a problem by its fingerprint: with another
// rule for making them, this changes too.
const FingerprintVersion = "v1"

// fingerprint is the same for the same problem in a later build, whatever line
// it has moved to.
func (p *Problem) fingerprint(nth int) string {
	sum := sha256.New()
	for _, part := range []string{FingerprintVersion, p.Rule, p.Place.File, p.Subject, fmt.Sprint(nth)} {
		fmt.Fprintf(sum, "%d:%s,", len(part), part)
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

// A Set is everything that one command found.
type Set struct {
	Tool     Tool
	Rules    []Rule
	Problems []Problem // what matters most first
	// Held are the checks that were made and found nothing, for JUnit, which
	// counts them; may be empty.
	Held []string
	// Fallback is the file where a problem of the whole build is shown,
	// because code hosts show none without a place.
	Fallback string
}

// A Tool is who found the problems.
type Tool struct{ Name, Version, URI string }

// A numbered is a problem with what the whole set says of it.
type numbered struct {
	*Problem
	rule        Rule
	place       Place // never without a file
	known       bool  // the place is the problem's own
	fingerprint string
}

// numbered gives every problem its fingerprint, the worst first. Those that
// cannot be told apart by what they are about are counted.
func (s *Set) numbered() []numbered {
	seen := map[string]int{}
	var all []numbered
	for i := range s.Problems {
		p := &s.Problems[i]
		key := strings.Join([]string{p.Rule, p.Place.File, p.Subject}, "\x00")
		n := numbered{Problem: p, rule: s.rule(p.Rule), place: p.Place, known: p.Place.File != "", fingerprint: p.fingerprint(seen[key])}
		seen[key]++
		if !n.known {
			n.place = Place{File: cmp.Or(s.Fallback, "MODULE.bazel"), Line: 1}
		}
		n.place.File = path.Clean(n.place.File)
		n.place.Line = max(n.place.Line, 1)
		all = append(all, n)
	}
	slices.SortStableFunc(all, func(a, b numbered) int { return -cmp.Compare(a.Severity, b.Severity) })
	return all
}

// rule is the rule of an ID; one that the set does not list has its ID as title.
func (s *Set) rule(id string) Rule {
	for _, r := range s.Rules {
		if r.ID == id {
			return r
		}
	}
	return Rule{ID: id, Title: id, Severity: Warning}
}
