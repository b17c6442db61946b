// SPDX-License-Identifier: Apache-2.0

package lsp

import (
	"bytes"
	"context"
	"encoding/json"

	"go.lsp.dev/protocol"

	"example.invalid/starlark-memls/lsp/internal/show"
	"example.invalid/starlark-memls/lsp/internal/wire"
)

// A Command is one row of the table of commands.
type Command struct {
	// Name is the protocol's, "starlark-memls.clear".
	Name string
	// Title is what a menu calls it.
	Title string
	// Argument and Answer describe the JSON, for the documentation.
	Argument, Answer string

	run func(context.Context, *execution) (any, error)
}

// CommandTable lists every command in the order of the documentation.
func CommandTable() []Command {
	return []Command{
		{show.CommandLoadMeasurements, "Load Measurements…", `{"paths": [path or file URI, …]}`, "what was loaded, with warnings", command(loadMeasurements)},
		{show.CommandClear, "Clear", "", "an overview", command(clearMeasurements)},
		{show.CommandRescan, "Read the Last Build Again", "", "an overview", command(rescan)},
		{show.CommandJumpToCrash, "Jump to Offending Rule", `{"crash": 0}, 0 being the newest, or nothing`, "locations, innermost first", command(jumpToCrash)},
		{show.CommandShowCrashReport, "Show Crash Report", `{"crash": 0} or nothing`, "a page: its URI and its Markdown", command(showCrashReport)},
		{show.CommandShowEvidence, "Show Evidence", `{"function": name, "file": path, "line": number}`, "a page: its URI and its Markdown", command(showEvidence)},
		{show.CommandExplain, "Explain a Code", `{"code": "ML001"}`, "a page: its URI and its Markdown", command(explain)},
		{show.CommandSweep, "Sweep Memory Limits…", `the options of "starlark-memls sweep" by name, without dashes before it, and the targets and flags as "args": {"memory": "150m:600m:50m", "runs": 3, "args": ["//..."]}; what is absent is as in the settings`, "at once: where it writes, how many builds are planned, what to give to go on after an interruption", command(sweepCommand)},
		{show.CommandFindLimit, "Find the Memory Limit…", `as of sweep: {"precision": "5%", "budget": 25, "args": ["//..."]}`, "as of sweep", command(findLimit)},
		{show.CommandStopSweep, "Stop the Sweep", "", "when it has stopped: how far it came, and what to give sweep to go on", command(stopSweep)},
		{show.CommandPlot, "Plot Measurements", `the options of "starlark-memls plot" by name, and the series or tables as "paths": {"paths": [path or file URI, …], "show": "limits", "out": path}; without paths, what is loaded`, "the picture: its path, its URI and, of an SVG, its text", command(plotCommand)},
		{show.CommandLive, "Show Who Holds the Memory", `{"yes": true}: asks the running server, which stands still for some seconds; {"yes": false} only says what it would cost; with nothing the user is asked`, "whether it was asked, the cost in words, when, who holds the memory; it is evidence from then on", command(liveCommand)},
		{show.CommandCompareWithLast, "Compare With Last", `as of live`, "as of live, and a page: what has come and gone since the server was asked last", command(compareWithLast)},
		{show.CommandArm, "Arm This Server", `nothing, or {"off": true}`, "what the running server will do when it runs out of memory: leave a heap dump", command(arm)},
	}
}

func commandNames() []string {
	var names []string
	for _, c := range CommandTable() {
		names = append(names, c.Name)
	}
	return names
}

// An execution is one execution of a command.
type execution struct {
	*server
	view     *show.Snapshot
	token    protocol.ProgressToken // the client's, for progress; may be nil
	argument json.RawMessage        // the object, or nothing
}

// command gives a command's function its argument: one object, or nothing.
func command[A any](run func(ctx context.Context, c *execution, argument A) (any, error)) func(context.Context, *execution) (any, error) {
	return func(ctx context.Context, c *execution) (any, error) {
		var argument A
		if len(c.argument) > 0 {
			if err := json.Unmarshal(c.argument, &argument); err != nil {
				return nil, wire.InvalidParams("invalid params: the command takes one object: %v", err)
			}
		}
		return run(ctx, c, argument)
	}
}

func (s *server) executeCommand(ctx context.Context, view *show.Snapshot, p *protocol.ExecuteCommandParams) (any, error) {
	for _, c := range CommandTable() {
		if c.Name != p.Command {
			continue
		}
		argument, err := oneArgument(p.Arguments)
		if err != nil {
			return nil, err
		}
		answer, err := c.run(ctx, &execution{s, view, p.WorkDoneToken, argument})
		if err != nil {
			return nil, err
		}
		return asJSON(answer)
	}
	return nil, wire.InvalidParams("there is no command %s", p.Command)
}

// oneArgument is a command's object. Clients that wrap arguments once more,
// [[{…}]], are understood; null is nothing.
func oneArgument(all []protocol.LSPAny) (json.RawMessage, error) {
	if len(all) > 1 {
		return nil, wire.InvalidParams("invalid params: a command takes one object or nothing, not %d arguments", len(all))
	}
	if len(all) == 0 {
		return nil, nil
	}
	raw := json.RawMessage(bytes.TrimSpace(all[0]))
	var inner []json.RawMessage
	if json.Unmarshal(raw, &inner) == nil && bytes.HasPrefix(raw, []byte("[")) {
		if len(inner) > 1 {
			return nil, wire.InvalidParams("invalid params: a command takes one object or nothing, not %d arguments", len(inner))
		}
		if len(inner) == 0 {
			return nil, nil
		}
		raw = bytes.TrimSpace(inner[0])
	}
	if string(raw) == "null" {
		return nil, nil
	}
	return raw, nil
}

// asJSON encodes an answer: protocol types by their own encoders, ours by
// encoding/json.
func asJSON(v any) (any, error) {
	switch v.(type) {
	case nil, []protocol.Location:
		return v, nil
	}
	raw, err := json.Marshal(v)
	return json.RawMessage(raw), err
}
