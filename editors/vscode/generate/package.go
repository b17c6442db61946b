// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"example.invalid/starlark-memls/lsp/settings"
)

// packageJSON is the manifest with the generated parts put in.
func packageJSON(text []byte) ([]byte, error) {
	for _, part := range []struct {
		path  string
		value any
	}{
		{"capabilities.untrustedWorkspaces.restrictedConfigurations", restricted()},
		{"contributes.configuration", configuration()},
		{"contributes.commands", commands()},
		{"contributes.menus.commandPalette", commandPalette()},
	} {
		var err error
		if text, err = splice(text, part.path, part.value); err != nil {
			return nil, err
		}
	}
	return text, nil
}

// defaults are where VS Code has another default than the server, and why.
var defaults = map[string]any{
	// A toast with buttons blocks nothing there.
	settings.Section + ".notifications.actions": true,
}

// machine are the settings that say what is run: they belong to the machine
// (vscode-bazel and vscode-go do the same), and Settings Sync leaves them.
var machine = []string{"server.path", "server.args", "server.env", "bazel.executable", "outputBase"}

func restricted() []string {
	var keys []string
	for _, s := range settings.Table() {
		if s.Trusted {
			keys = append(keys, s.Key)
		}
	}
	return keys
}

// A section is one heading in the settings editor.
type section struct {
	Title      string   `json:"title"`
	Order      int      `json:"order"`
	Properties ordered  `json:"properties"`
	keys       []string // the first part of the keys that are in it
}

func configuration() []*section {
	sections := []*section{
		{Title: "Lenses, Hints and Hovers", keys: []string{"codeLens", "inlayHints", "hover", "bars"}},
		{Title: "Diagnostics", keys: []string{"diagnostics", "lint"}},
		{Title: "Measurements", keys: []string{"autoDetect", "heapDump", "outputBase", "measurements", "notifications"}},
		{Title: "Running Server", keys: []string{"gauge", "askServer"}},
		{Title: "Sweeps", keys: []string{"bazel", "sweep"}},
		{Title: "Server", keys: []string{"server", "trace"}},
	}
	for i, s := range sections {
		s.Order = i + 1
	}
	for _, row := range settings.Table() {
		first, _, _ := strings.Cut(strings.TrimPrefix(row.Key, settings.Section+"."), ".")
		at := slices.IndexFunc(sections, func(s *section) bool { return slices.Contains(s.keys, first) })
		if at < 0 {
			panic(fmt.Sprintf("%s belongs to no section of the settings editor; name its first part in one", row.Key))
		}
		sections[at].Properties = append(sections[at].Properties, jsonField{row.Key, property(row)})
	}
	return sections
}

func property(row settings.Setting) ordered {
	p := ordered{{"type", row.Type}}
	def := row.Default
	if own, ok := defaults[row.Key]; ok {
		def = own
	}
	p = append(p, jsonField{"default", def})
	if row.Type == "array" {
		p = append(p, jsonField{"items", ordered{{"type", "string"}}})
	}
	if row.Type == "object" {
		values := ordered{{"type", "string"}}
		if len(row.Enum) > 0 {
			values = append(values, jsonField{"enum", row.Enum})
		}
		p = append(p, jsonField{"additionalProperties", values})
	} else if len(row.Enum) > 0 {
		p = append(p, jsonField{"enum", row.Enum})
	}
	if row.Minimum != nil {
		p = append(p, jsonField{"minimum", *row.Minimum})
	}
	p = append(p, jsonField{"markdownDescription", row.Doc}, jsonField{"scope", scope(row)})
	return p
}

func scope(row settings.Setting) string {
	key := strings.TrimPrefix(row.Key, settings.Section+".")
	switch {
	case slices.Contains(machine, key):
		return "machine-overridable"
	case strings.HasPrefix(key, "measurements."):
		return "resource"
	default:
		return "window"
	}
}

func commands() []ordered {
	var all []ordered
	for _, e := range palette {
		c := ordered{{"command", e.id()}, {"category", category}, {"title", e.titleOf()}}
		if e.icon != "" {
			c = append(c, jsonField{"icon", "$(" + e.icon + ")"})
		}
		all = append(all, c)
	}
	return all
}

func commandPalette() []ordered {
	var all []ordered
	for _, e := range palette {
		if e.when != always {
			all = append(all, ordered{{"command", e.id()}, {"when", cmp.Or(e.when, "true")}})
		}
	}
	return all
}
