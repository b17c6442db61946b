// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"example.invalid/starlark-memls/lsp/internal/show"
	"example.invalid/starlark-memls/lsp/settings"
)

// initializeOptions is what a client may say besides settings.
type initializeOptions struct {
	// Trusted false: read sources inside the workspace only, nothing that a
	// setting or a link in it points at.
	Trusted *bool `json:"trusted"`
	// ToldUntil is the time (RFC 3339) of the newest crash that the user has
	// been told of by a server before this one.
	ToldUntil string `json:"toldUntil"`
}

// Initialize takes what the client says of itself and of its folders.
func (s *Session) Initialize(p *protocol.InitializeParams) *show.Snapshot {
	var options initializeOptions
	_ = json.Unmarshal(p.InitializationOptions, &options) // anything else is settings, or nothing
	s.Trusted = options.Trusted == nil || *options.Trusted
	s.toldUntil, _ = time.Parse(time.RFC3339Nano, options.ToldUntil) // without one, nothing has been told
	s.options.initial = slices.Clone(json.RawMessage(p.InitializationOptions))
	settings, problems := settings.From(s.options.initial, s.Trusted)
	s.options.problems = problems
	client := show.CapabilitiesOf(&p.Capabilities)
	return s.Update(func(next *show.Snapshot) bool {
		next.Client = client
		next.Settings = settings
		for _, f := range workspaceFolders(p) {
			next.Folders = s.withFolder(next.Folders, f, false)
		}
		return true
	})
}

// workspaceFolders are the client's folders, whichever way it names them.
func workspaceFolders(p *protocol.InitializeParams) []uri.URI {
	var all []uri.URI
	folders, _ := p.WorkspaceFolders.Get()
	for _, f := range folders {
		all = append(all, f.URI)
	}
	if len(all) > 0 {
		return all
	}
	//lint:ignore SA1019 clients of before LSP 3.6 have nothing else to send
	root, legacyPath := p.RootURI, p.RootPath
	if root != nil && !root.IsZero() {
		return []uri.URI{*root}
	}
	if path, ok := legacyPath.Get(); ok && path != "" {
		return []uri.URI{uri.File(path)}
	}
	return nil // a single file: folders are found around what is opened
}

// Initialized begins everything that was waiting for the client.
func (s *Session) Initialized(_ context.Context, _ *protocol.InitializedParams) error {
	for _, problem := range s.options.problems {
		s.Log.Warn(problem)
	}
	s.Background.Start("register", 0, s.register)
	s.Background.Start("configuration", 0, func(ctx context.Context) {
		s.fetchConfiguration(ctx)
		s.beginFolders()
	})
	return nil
}

// beginFolders begins the folders that initialize named, once the settings are
// there: whichever of the first two to fetch them comes through. Several
// editors say right behind initialized that the configuration has changed,
// which overtakes what initialized began.
func (s *Session) beginFolders() {
	s.begun.Do(func() {
		for _, f := range s.Current().Folders {
			s.beginFolder(f)
		}
	})
}

// register asks for the notifications that the client sends on demand only.
func (s *Session) register(ctx context.Context) {
	client := s.Current().Client
	var all []protocol.Registration
	if client.RegisterWatches {
		all = append(all, watchedFilesRegistration())
	}
	if client.RegisterConfig {
		all = append(all, protocol.Registration{
			ID: "configuration", Method: protocol.MethodWorkspaceDidChangeConfiguration,
			RegisterOptions: show.MustJSON(map[string]any{"section": settings.Section}),
		})
	}
	if len(all) == 0 {
		return
	}
	if err := s.Call(ctx, protocol.MethodClientRegisterCapability, &protocol.RegistrationParams{Registrations: all}, nil); err != nil && ctx.Err() == nil {
		s.Log.Warn("the editor refused to tell of changed files", "error", err)
	}
}
