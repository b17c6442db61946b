// SPDX-License-Identifier: Apache-2.0

package problems

import (
	"io"
	"net/url"
	"path"
	"strings"
)

// SARIF 2.1.0 (OASIS): the members that code scanning reads. Paths that are
// relative are so to %SRCROOT%, which whoever reads it binds.

const sarifSchema = "https://json.schemastore.org/sarif-2.1.0.json"

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool struct {
		Driver sarifDriver `json:"driver"`
	} `json:"tool"`
	ColumnKind string        `json:"columnKind"`
	Results    []sarifResult `json:"results"`
}

type sarifDriver struct {
	Name           string      `json:"name"`
	Version        string      `json:"version,omitempty"`
	InformationURI string      `json:"informationUri,omitempty"`
	Rules          []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID               string        `json:"id"`
	ShortDescription sarifText     `json:"shortDescription"`
	FullDescription  *sarifText    `json:"fullDescription,omitempty"`
	Help             *sarifText    `json:"help,omitempty"`
	Default          sarifDefaults `json:"defaultConfiguration"`
}

type sarifDefaults struct {
	Level string `json:"level"`
}

type sarifText struct {
	Text     string `json:"text"`
	Markdown string `json:"markdown,omitempty"`
}

type sarifResult struct {
	RuleID       string            `json:"ruleId"`
	RuleIndex    int               `json:"ruleIndex"`
	Level        string            `json:"level"`
	Message      sarifText         `json:"message"`
	Locations    []sarifLocation   `json:"locations"`
	Related      []sarifLocation   `json:"relatedLocations,omitempty"`
	Fingerprints map[string]string `json:"partialFingerprints"`
}

type sarifLocation struct {
	ID       *int           `json:"id,omitempty"`
	Physical sarifPhysical  `json:"physicalLocation"`
	Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	Message  *sarifText     `json:"message,omitempty"`
}

type sarifPhysical struct {
	Artifact sarifArtifact `json:"artifactLocation"`
	Region   *sarifRegion  `json:"region,omitempty"`
}

type sarifArtifact struct {
	URI  string `json:"uri"`
	Base string `json:"uriBaseId,omitempty"`
}

type sarifRegion struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn,omitempty"`
	EndLine     int `json:"endLine,omitempty"`
	EndColumn   int `json:"endColumn,omitempty"`
}

type sarifLogical struct {
	Name string `json:"name"`
}

// WriteSARIF writes the set as a SARIF log with one run.
func WriteSARIF(w io.Writer, s *Set) error {
	run := sarifRun{ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: s.Tool.Name, Version: s.Tool.Version, InformationURI: s.Tool.URI, Rules: []sarifRule{}}
	index := map[string]int{}
	addRule := func(r Rule) int {
		if at, ok := index[r.ID]; ok {
			return at
		}
		index[r.ID] = len(run.Tool.Driver.Rules)
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRuleOf(r))
		return index[r.ID]
	}
	for _, r := range s.Rules {
		addRule(r)
	}
	for _, p := range s.numbered() {
		result := sarifResult{
			RuleID: p.Rule, RuleIndex: addRule(p.rule), Level: p.Severity.String(), Message: sarifText{Text: p.Message},
			Locations:    []sarifLocation{sarifLocationOf(p.place)},
			Fingerprints: map[string]string{"starlarkMemls/" + FingerprintVersion: p.fingerprint},
		}
		if p.Subject != "" {
			result.Locations[0].Logical = []sarifLogical{{p.Subject}}
		}
		for i, r := range p.Related {
			if r.Place.File == "" {
				continue
			}
			at := sarifLocationOf(r.Place)
			at.ID = &i
			if r.Message != "" {
				at.Message = &sarifText{Text: r.Message}
			}
			result.Related = append(result.Related, at)
		}
		run.Results = append(run.Results, result)
	}
	return writeJSON(w, sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{run}})
}

func sarifRuleOf(r Rule) sarifRule {
	made := sarifRule{ID: r.ID, ShortDescription: sarifText{Text: r.Title}, Default: sarifDefaults{r.Severity.String()}}
	if help := strings.TrimSpace(r.Help); help != "" {
		first, _, _ := strings.Cut(help, "\n\n")
		made.FullDescription = &sarifText{Text: first}
		made.Help = &sarifText{Text: help, Markdown: help}
	}
	return made
}

func sarifLocationOf(p Place) sarifLocation {
	at := sarifLocation{Physical: sarifPhysical{Artifact: sarifArtifactOf(p.File)}}
	if p.Line > 0 {
		at.Physical.Region = &sarifRegion{p.Line, p.Column, p.EndLine, p.EndColumn}
	}
	return at
}

func sarifArtifactOf(file string) sarifArtifact {
	u := url.URL{Path: file}
	switch {
	case path.IsAbs(file):
		u.Scheme = "file"
	case len(file) > 1 && file[1] == ':': // C:/src
		u = url.URL{Scheme: "file", Path: "/" + file}
	default:
		// String writes "./" before a first part with a colon.
		return sarifArtifact{URI: u.EscapedPath(), Base: "%SRCROOT%"}
	}
	return sarifArtifact{URI: u.String()}
}
