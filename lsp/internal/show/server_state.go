// SPDX-License-Identifier: Apache-2.0

package show

import (
	"time"

	"go.lsp.dev/protocol"

	"example.invalid/starlark-memls/internal/gauge"
)

// MethodServerState is a notification of ours, with a ServerState, sent to
// clients that ask for it by {"experimental": {"starlarkMemls":
// {"serverState": true}}}: when the state changes, and once a second while the
// server works.
const MethodServerState = "starlarkMemls/serverState"

// A ServerState is how the Bazel server of one workspace does, by its JVM's
// counters. What is not known is absent.
type ServerState struct {
	Workspace string `json:"workspace"` // its root
	PID       int    `json:"pid,omitempty"`
	// State is gone where there is no server (any more), or it is not looked
	// at.
	State gauge.State `json:"state"`
	Why   string      `json:"why,omitempty"`
	// AfterBytes is what the last collection left in use.
	UsedBytes       int64   `json:"used_bytes"`
	LimitBytes      int64   `json:"limit_bytes"`
	AfterBytes      *int64  `json:"after_collection_bytes,omitempty"`
	PauseShare5     float64 `json:"pause_share_5s"`
	FullCollections int     `json:"full_collections"`
	SecondsToLimit  float64 `json:"seconds_to_limit,omitempty"`
}

// ServerStateOf is a reading as clients get it.
func ServerStateOf(root string, pid int, r gauge.Reading) *ServerState {
	s := &ServerState{Workspace: root, PID: pid, State: r.State, Why: r.Why, UsedBytes: r.UsedBytes, LimitBytes: r.LimitBytes,
		PauseShare5: r.PauseShare5, FullCollections: r.FullCollections, SecondsToLimit: r.SecondsToLimit}
	if r.AfterBytes >= 0 {
		s.AfterBytes = &r.AfterBytes
	}
	return s
}

// A LivingHeap says which of a folder's measurements is the heap of a server
// that was alive, and when it was asked.
type LivingHeap struct {
	Path string
	At   time.Time
}

// text says of what a figure is.
func (l *LivingHeap) text() string { return "living server, " + l.At.Local().Format("15:04:05") }

// livingHeap is the running server's heap, as long as it is loaded, and whether
// no other heap is.
func (o *Observed) livingHeap() (living *LivingHeap, alone bool) {
	if o == nil || o.Living == nil {
		return nil, false
	}
	alone = true
	for _, one := range o.All() {
		if one.Summary.Path == o.Living.Path {
			living = o.Living
		} else if one.Retained != nil {
			alone = false
		}
	}
	return living, alone
}

// FunctionLocation is where a function of the report stands now.
func (v *Snapshot) FunctionLocation(name string) (protocol.Location, bool) {
	m, ok := v.FunctionAnnotation(EvidenceArgument{Function: name})
	if !ok {
		return protocol.Location{}, false
	}
	return v.Location(nameOf(m.Definition)), true
}
