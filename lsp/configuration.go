package lsp

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"time"

	"go.lsp.dev/protocol"
)

// configurationPatience is how long the client may take to tell its settings.
const configurationPatience = 5 * time.Second

// configurationSource is what the client said of settings, by the way it came.
type configurationSource struct {
	initial  json.RawMessage // initializationOptions
	problems []string        // of initial
}

// didChangeConfiguration takes settings from a client that pushes them, and
// asks one that is to be asked.
func (s *session) didChangeConfiguration(_ context.Context, p *protocol.DidChangeConfigurationParams) error {
	pushed := slices.Clone(json.RawMessage(p.Settings))
	s.background.start("configuration", 0, func(ctx context.Context) {
		if s.current().client.configuration {
			s.fetchConfiguration(ctx)
		} else if len(pushed) > 0 && string(pushed) != "null" {
			s.useSettings(pushed)
		}
		s.beginFolders()
	})
	return nil
}

// fetchConfiguration asks the client for the section.
func (s *session) fetchConfiguration(ctx context.Context) {
	if !s.current().client.configuration {
		return
	}
	// A client that never answers must not keep the sources from being read.
	ctx, cancel := context.WithTimeout(ctx, configurationPatience)
	defer cancel()
	section := Section
	var answer []protocol.LSPAny
	err := s.call(ctx, protocol.MethodWorkspaceConfiguration,
		&protocol.ConfigurationParams{Items: []protocol.ConfigurationItem{{Section: &section}}}, &answer)
	switch {
	case err != nil:
		if !errors.Is(ctx.Err(), context.Canceled) {
			s.log.Warn("the editor did not tell the settings", "error", err)
		}
	case len(answer) == 1 && len(answer[0]) > 0 && string(answer[0]) != "null":
		s.useSettings(json.RawMessage(answer[0]))
	}
}

// useSettings lays what a client says over what it said in the beginning.
func (s *session) useSettings(value json.RawMessage) {
	settings, problems := settingsFrom(overlaid(s.options.initial, value), s.trusted)
	for _, p := range problems {
		s.log.Warn(p)
	}
	var before Settings
	s.update(func(next *snapshot) bool {
		before = next.settings
		settings.Pull = before.Pull // agreed upon in initialize
		next.settings = settings
		return true
	})
	if reflect.DeepEqual(before, settings) {
		return
	}
	s.publishSoon()
	s.background.start("refresh", 0, s.refresh)
	if before.AutoDetect != settings.AutoDetect || before.OutputBase != settings.OutputBase ||
		before.MaxProfileBytes != settings.MaxProfileBytes || !slices.Equal(before.Measurements, settings.Measurements) {
		for _, f := range s.current().folders {
			s.scanSoon(f.id, 0, scanAsked)
		}
	}
}

// overlaid is one JSON object out of two, later keys winning, with the
// section's own object opened.
func overlaid(first, second json.RawMessage) json.RawMessage {
	out := map[string]json.RawMessage{}
	for _, raw := range []json.RawMessage{first, second} {
		var tree map[string]json.RawMessage
		if json.Unmarshal(raw, &tree) != nil {
			continue
		}
		if inner, ok := tree[Section]; ok {
			var section map[string]json.RawMessage
			if json.Unmarshal(inner, &section) == nil {
				delete(tree, Section)
				flatten("", section, out)
			}
		}
		flatten("", tree, out)
	}
	merged, err := json.Marshal(out)
	if err != nil {
		return second
	}
	return merged
}
