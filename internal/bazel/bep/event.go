// SPDX-License-Identifier: Apache-2.0

package bep

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"example.invalid/starlark-memls/internal/bazel/failuredetail"
)

// event is the part of a BuildEvent that is read. Nothing here has a place
// for an unstructured or structured command line, which is where the
// environment stands.
type event struct {
	ID struct {
		TargetConfigured *targetID `json:"targetConfigured"`
		TargetCompleted  *targetID `json:"targetCompleted"`
	} `json:"id"`
	LastMessage bool     `json:"lastMessage"`
	Aborted     *aborted `json:"aborted"`
	Started     *struct {
		UUID               string    `json:"uuid"`
		StartTimeMillis    number    `json:"startTimeMillis"`
		StartTime          time.Time `json:"startTime"`
		BuildToolVersion   string    `json:"buildToolVersion"`
		Command            string    `json:"command"`
		WorkspaceDirectory string    `json:"workspaceDirectory"`
		ServerPID          number    `json:"serverPid"`
	} `json:"started"`
	OptionsParsed *struct {
		StartupOptions []string `json:"startupOptions"`
	} `json:"optionsParsed"`
	Configured *struct {
		TargetKind string `json:"targetKind"`
	} `json:"configured"`
	Completed *struct {
		Success       bool                  `json:"success"`
		TargetKind    string                `json:"targetKind"`
		FailureDetail *failuredetail.Detail `json:"failureDetail"`
	} `json:"completed"`
	Finished *struct {
		FinishTimeMillis number    `json:"finishTimeMillis"`
		FinishTime       time.Time `json:"finishTime"`
		ExitCode         struct {
			Name string `json:"name"`
			Code int    `json:"code"`
		} `json:"exitCode"`
		FailureDetail *failuredetail.Detail `json:"failureDetail"`
	} `json:"finished"`
	BuildMetrics *metrics `json:"buildMetrics"`
}

type targetID struct {
	Label  string `json:"label"`
	Aspect string `json:"aspect"`
}

type aborted struct {
	Reason string `json:"reason"`
}

// number is a 64-bit integer: a JSON string in proto3's mapping, a number from
// other writers.
type number int64

func (n *number) UnmarshalJSON(text []byte) error {
	// A form that is not known leaves the value unknown: no damage.
	if v, err := strconv.ParseInt(strings.Trim(string(text), `"`), 10, 64); err == nil {
		*n = number(v)
	}
	return nil
}

// wanted are the kinds of event that say something, by the key of their id.
var wanted = map[string]func(*Build, *event){
	"started":          (*Build).started,
	"optionsParsed":    (*Build).options,
	"workspace":        func(*Build, *event) {}, // for their abortion only
	"pattern":          func(*Build, *event) {},
	"targetConfigured": (*Build).configured,
	"targetCompleted":  (*Build).completed,
	"buildFinished":    (*Build).finished,
	"buildMetrics":     (*Build).metrics,
	"buildToolLogs":    func(*Build, *event) {},
	"workspaceStatus":  func(*Build, *event) {},
}

func (b *Build) started(e *event) {
	s := e.Started
	if s == nil {
		return
	}
	b.InvocationID, b.Command, b.BazelVersion = s.UUID, s.Command, s.BuildToolVersion
	b.Workspace, b.ServerPID = s.WorkspaceDirectory, int(s.ServerPID)
	b.Start = timeOf(s.StartTimeMillis, s.StartTime)
}

// timeOf prefers the newer field, which is finer.
func timeOf(millis number, t time.Time) time.Time {
	if t.IsZero() && millis > 0 {
		return time.UnixMilli(int64(millis)).UTC()
	}
	return t
}

func (b *Build) configured(e *event) {
	if e.ID.TargetConfigured == nil || e.Configured == nil {
		return
	}
	b.target(Target{Label: e.ID.TargetConfigured.Label, Aspect: e.ID.TargetConfigured.Aspect,
		RuleClass: ruleClass(e.Configured.TargetKind)})
}

// ruleClass cuts the word that Bazel puts behind a rule's class.
func ruleClass(kind string) string { return strings.TrimSuffix(kind, " rule") }

func (b *Build) completed(e *event) {
	if e.ID.TargetCompleted == nil || e.Completed == nil || e.Completed.Success {
		return
	}
	if b.Failure == nil {
		b.Failure = e.Completed.FailureDetail
	}
	label, aspect := e.ID.TargetCompleted.Label, e.ID.TargetCompleted.Aspect
	for i := range b.Targets {
		if b.Targets[i].Label == label && b.Targets[i].Aspect == aspect {
			b.Targets[i].Failed = true
			return
		}
	}
	b.target(Target{Label: label, Aspect: aspect, RuleClass: ruleClass(e.Completed.TargetKind), Failed: true})
}

func (b *Build) target(t Target) {
	if len(b.Targets) == maxTargets {
		b.lost("the targets after the first 500,000 were left out")
		return
	}
	b.Targets = append(b.Targets, t)
}

func (b *Build) finished(e *event) {
	f := e.Finished
	if f == nil {
		return
	}
	b.Finished = true
	b.End = timeOf(f.FinishTimeMillis, f.FinishTime)
	b.Exit = &Exit{Code: f.ExitCode.Code, Name: f.ExitCode.Name}
	if f.FailureDetail != nil {
		b.Failure = f.FailureDetail
	}
}

func (b *Build) abort(reason string) {
	if len(b.Aborted) < maxAborts { // one reason, once for each target; 10,000 say enough
		b.Aborted = append(b.Aborted, cmp.Or(reason, "UNKNOWN")) // the enum's default value is left out
	}
}
