package lsp

// What lenses and actions carry: the commands of this server, by name, and their
// arguments.

import "go.lsp.dev/protocol"

// The commands' names: relied upon outside the project (docs/commands).
const (
	commandPrefix           = "starlark-memls."
	commandLoadMeasurements = commandPrefix + "loadMeasurements"
	commandClear            = commandPrefix + "clear"
	commandRescan           = commandPrefix + "rescan"
	commandJumpToCrash      = commandPrefix + "jumpToCrash"
	commandShowCrashReport  = commandPrefix + "showCrashReport"
	commandShowEvidence     = commandPrefix + "showEvidence"
	commandExplain          = commandPrefix + "explain"
	commandSweep            = commandPrefix + "sweep"
	commandFindLimit        = commandPrefix + "findLimit"
	commandStopSweep        = commandPrefix + "stopSweep"
	commandPlot             = commandPrefix + "plot"
)

// crashArgument names a crash by its place in the list, the newest being 0.
type crashArgument struct {
	Crash int `json:"crash"`
}

// evidenceArgument names a function: by name, or more exactly.
type evidenceArgument struct {
	Function string `json:"function,omitempty"`
	File     string `json:"file,omitempty"` // a path, relative to the workspace, or a URI
	Line     int    `json:"line,omitempty"` // of the def, from 1
}

// evidenceArgumentOf names a mark exactly. It says where the function was when
// it was analysed, which is how it is found again.
func evidenceArgumentOf(m functionMark) evidenceArgument {
	return evidenceArgument{m.suspect.Name, m.definition.File, nameOf(m.definition).line + 1}
}

func (a evidenceArgument) json() protocol.LSPAny { return mustJSON(a) }

type explainArgument struct {
	Code string `json:"code"`
}
