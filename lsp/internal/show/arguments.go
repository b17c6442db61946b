// SPDX-License-Identifier: Apache-2.0

package show

// What lenses and actions carry: the commands of this server, by name, and their
// arguments.

import (
	"encoding/json"

	"go.lsp.dev/protocol"
)

// The commands' names: relied upon outside the project (docs/commands).
const (
	commandPrefix           = "starlark-memls."
	CommandLoadMeasurements = commandPrefix + "loadMeasurements"
	CommandClear            = commandPrefix + "clear"
	CommandRescan           = commandPrefix + "rescan"
	CommandJumpToCrash      = commandPrefix + "jumpToCrash"
	CommandShowCrashReport  = commandPrefix + "showCrashReport"
	CommandShowEvidence     = commandPrefix + "showEvidence"
	CommandExplain          = commandPrefix + "explain"
	CommandSweep            = commandPrefix + "sweep"
	CommandFindLimit        = commandPrefix + "findLimit"
	CommandStopSweep        = commandPrefix + "stopSweep"
	CommandPlot             = commandPrefix + "plot"
	CommandLive             = commandPrefix + "live"
	CommandCompareWithLast  = commandPrefix + "compareWithLast"
	CommandArm              = commandPrefix + "arm"
)

// CrashArgument names a crash by its place in the list, the newest being 0.
type CrashArgument struct {
	Crash int `json:"crash"`
}

// EvidenceArgument names a function: by name, or more exactly.
type EvidenceArgument struct {
	Function string `json:"function,omitempty"`
	File     string `json:"file,omitempty"` // a path, relative to the workspace, or a URI
	Line     int    `json:"line,omitempty"` // of the def, from 1
}

// evidenceArgumentOf names a mark exactly. It says where the function was when
// it was analysed, which is how it is found again.
func evidenceArgumentOf(m functionAnnotation) EvidenceArgument {
	return EvidenceArgument{m.Suspect.Name, m.Definition.File, nameOf(m.Definition).Line + 1}
}

func (a EvidenceArgument) json() protocol.LSPAny { return MustJSON(a) }

type ExplainArgument struct {
	Code string `json:"code"`
}

// MustJSON encodes a value of ours that cannot fail to encode.
func MustJSON(v any) protocol.LSPAny {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return raw
}
