// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"time"

	"go.lsp.dev/protocol"

	"example.invalid/starlark-memls/lsp/internal/show"
	"example.invalid/starlark-memls/lsp/settings"
)

// configurationPatience is how long the client may take to tell its settings.
const configurationPatience = 5 * time.Second

// configurationSource is what the client said of settings, by the way it came.
type configurationSource struct {
	initial  json.RawMessage // initializationOptions
	problems []string        // of initial
}

// DidChangeConfiguration takes settings from a client that pushes them, and
// asks one that is to be asked.
func (s *Session) DidChangeConfiguration(_ context.Context, p *protocol.DidChangeConfigurationParams) error {
	pushed := slices.Clone(json.RawMessage(p.Settings))
	s.Background.Start("configuration", 0, func(ctx context.Context) {
		if s.Current().Client.Configuration {
			s.fetchConfiguration(ctx)
		} else if len(pushed) > 0 && string(pushed) != "null" {
			s.useSettings(pushed)
		}
		s.beginFolders()
	})
	return nil
}

// fetchConfiguration asks the client for the section.
func (s *Session) fetchConfiguration(ctx context.Context) {
	if !s.Current().Client.Configuration {
		return
	}
	// A client that never answers must not keep the sources from being read.
	ctx, cancel := context.WithTimeout(ctx, configurationPatience)
	defer cancel()
	section := settings.Section
	var answer []protocol.LSPAny
	err := s.Call(ctx, protocol.MethodWorkspaceConfiguration,
		&protocol.ConfigurationParams{Items: []protocol.ConfigurationItem{{Section: &section}}}, &answer)
	switch {
	case err != nil:
		if !errors.Is(ctx.Err(), context.Canceled) {
			s.Log.Warn("the editor did not tell the settings", "error", err)
		}
	case len(answer) == 1 && len(answer[0]) > 0 && string(answer[0]) != "null":
		s.useSettings(json.RawMessage(answer[0]))
	}
}

// useSettings lays what a client says over what it said in the beginning.
func (s *Session) useSettings(value json.RawMessage) {
	chosen, problems := settings.From(settings.Overlaid(s.options.initial, value), s.Trusted)
	for _, p := range problems {
		s.Log.Warn(p)
	}
	var before settings.Settings
	s.Update(func(next *show.Snapshot) bool {
		before = next.Settings
		chosen.Pull = before.Pull // agreed upon in initialize
		next.Settings = chosen
		return true
	})
	if reflect.DeepEqual(before, chosen) {
		return
	}
	s.publishSoon()
	s.Background.Start("refresh", 0, s.refresh)
	if before.AutoDetect != chosen.AutoDetect || before.OutputBase != chosen.OutputBase ||
		before.MaxProfileBytes != chosen.MaxProfileBytes || !slices.Equal(before.Measurements, chosen.Measurements) {
		for _, f := range s.Current().Folders {
			s.scanSoon(f.ID, 0, ScanAsked)
		}
	}
}
