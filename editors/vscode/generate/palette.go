// SPDX-License-Identifier: Apache-2.0

package main

import (
	"example.invalid/starlark-memls/lsp"
	"example.invalid/starlark-memls/lsp/settings"
)

// Category stands before every title in the palette.
const category = "Starlark Memory"

// A paletteCommand is one command of the extension. Its id is never one of the
// server's: the client library registers those by itself, and registering a
// command twice throws.
type paletteCommand struct {
	name  string // after "starlarkMemls."
	title string // "" is the title of the server's command of that name
	icon  string
	// when it makes sense: a when clause over the keys that the extension
	// sets (src/context.ts). "false" keeps it out of the palette: it is for
	// menus that say what it is about.
	when string
}

const (
	running = "starlarkMemls.running"
	always  = ""
	never   = "false"
	// canAsk: this workspace's server may be asked.
	canAsk = "starlarkMemls.canAsk && isWorkspaceTrusted && config.starlarkMemls.askServer != never"
)

// palette is in the order of the palette.
var palette = []paletteCommand{
	{"loadMeasurements", "", "folder-opened", running + " && isWorkspaceTrusted"},
	{"rescan", "", "refresh", running + " && isWorkspaceTrusted"},
	{"jumpToCrash", "", "go-to-file", "starlarkMemls.hasCrash"},
	{"showCrashReport", "", "output", "starlarkMemls.hasCrash"},
	{"showEvidence", "", "law", "starlarkMemls.hasSuspect"},
	{"showPictures", "Show Pictures", "layout", "starlarkMemls.hasMeasurement && isWorkspaceTrusted"},
	{"sweep", "Sweep Memory Limits…", "beaker", "starlarkMemls.canSweep && isWorkspaceTrusted"},
	{"findLimit", "Find Memory Limit", "search", "starlarkMemls.canFindLimit && isWorkspaceTrusted"},
	{"stopSweep", "Stop Sweep", "debug-stop", "starlarkMemls.canStopSweep"},
	{"showPlot", "Show Plot", "graph-scatter", "starlarkMemls.canPlot"},
	{"compareMeasurements", "Compare Measurements…", "diff", running + " && isWorkspaceTrusted"},
	{"live", "", "server-process", canAsk},
	{"compareWithLast", "", "diff", canAsk},
	{"arm", "", "shield", canAsk},
	{"clear", "", "clear-all", "starlarkMemls.hasMeasurement"},
	{"showOutput", "Show Output", "output", always},
	{"restart", "Restart Server", "debug-restart", always},
	{"loadPath", "Load", "cloud-download", never},
	{"revealMeasurement", "Reveal in File Manager", "", never},
}

func (e paletteCommand) id() string { return settings.Section + "." + e.name }

// titleOf is the entry's, or that of the server's command.
func (e paletteCommand) titleOf() string {
	if e.title != "" {
		return e.title
	}
	for _, c := range lsp.CommandTable() {
		if c.Name == serverCommand(e.name) {
			return c.Title
		}
	}
	return ""
}

func serverCommand(name string) string { return "starlark-memls." + name }
