// SPDX-License-Identifier: Apache-2.0

package problems

import (
	"encoding/xml"
	"fmt"
	"io"
)

// JUnit's XML, as Jenkins' junit-10.xsd has it. A problem is a test: one that is
// an error has failed; what is less is a test that passed, with the problem as
// its output. What was checked and held is a test that passed, too, so that a
// build without a problem is no empty report.

type junitSuites struct {
	XMLName  xml.Name   `xml:"testsuites"`
	Name     string     `xml:"name,attr"`
	Tests    int        `xml:"tests,attr"`
	Failures int        `xml:"failures,attr"`
	Errors   int        `xml:"errors,attr"`
	Suite    junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Failure *junitFailure `xml:"failure,omitempty"`
	Output  string        `xml:"system-out,omitempty"`
}

type junitFailure struct {
	Type    string `xml:"type,attr"`
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// WriteJUnit writes the set as one suite of tests.
func WriteJUnit(w io.Writer, s *Set) error {
	suite := junitSuite{Name: s.Tool.Name}
	for _, p := range s.numbered() {
		c := junitCase{Class: s.Tool.Name + "." + p.Rule, Name: p.rule.Title}
		if p.Subject != "" {
			c.Name = p.Subject
		}
		text := p.Message
		if p.known {
			c.Name += " in " + p.place.File
			text = fmt.Sprintf("%s:%d: %s", p.place.File, p.place.Line, p.Message)
		}
		for _, r := range p.Related {
			text += fmt.Sprintf("\n%s:%d: %s", r.Place.File, r.Place.Line, r.Message)
		}
		if p.Severity == Error {
			c.Failure = &junitFailure{Type: p.Rule, Message: p.Message, Text: text}
			suite.Failures++
		} else {
			c.Output = text
		}
		suite.Cases = append(suite.Cases, c)
	}
	for _, held := range s.Held {
		suite.Cases = append(suite.Cases, junitCase{Class: s.Tool.Name, Name: held})
	}
	if len(suite.Cases) == 0 {
		suite.Cases = []junitCase{{Class: s.Tool.Name, Name: "no problem"}}
	}
	suite.Tests = len(suite.Cases)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(junitSuites{Name: s.Tool.Name, Tests: suite.Tests, Failures: suite.Failures, Suite: suite}); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
