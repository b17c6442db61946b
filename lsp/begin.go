package lsp

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
)

// initializationOptions is what a client may say besides settings.
type initializationOptions struct {
	// Trusted false: read sources inside the workspace only, nothing that a
	// setting or a link in it points at.
	Trusted *bool `json:"trusted"`
	// ToldUntil is the time (RFC 3339) of the newest crash that the user has
	// been told of by a server before this one.
	ToldUntil string `json:"toldUntil"`
}

// initialize takes what the client says of itself and of its folders.
func (s *session) initialize(p *protocol.InitializeParams) *snapshot {
	var options initializationOptions
	_ = json.Unmarshal(p.InitializationOptions, &options) // anything else is settings, or nothing
	s.trusted = options.Trusted == nil || *options.Trusted
	s.toldUntil, _ = time.Parse(time.RFC3339Nano, options.ToldUntil) // without one, nothing has been told
	s.options.initial = slices.Clone(json.RawMessage(p.InitializationOptions))
	settings, problems := settingsFrom(s.options.initial, s.trusted)
	s.options.problems = problems
	client := capabilitiesOf(&p.Capabilities)
	return s.update(func(next *snapshot) bool {
		next.client = client
		next.settings = settings
		for _, f := range workspaceFolders(p) {
			next.folders = s.withFolder(next.folders, f, false)
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

// initialized begins everything that was waiting for the client.
func (s *session) initialized(_ context.Context, _ *protocol.InitializedParams) error {
	for _, problem := range s.options.problems {
		s.log.Warn(problem)
	}
	s.background.start("register", 0, s.register)
	s.background.start("configuration", 0, func(ctx context.Context) {
		s.fetchConfiguration(ctx)
		s.beginFolders()
	})
	return nil
}

// beginFolders begins the folders that initialize named, once the settings are
// there: whichever of the first two to fetch them comes through. Several
// editors say right behind initialized that the configuration has changed,
// which overtakes what initialized began.
func (s *session) beginFolders() {
	s.begun.Do(func() {
		for _, f := range s.current().folders {
			s.beginFolder(f)
		}
	})
}

// register asks for the notifications that the client sends on demand only.
func (s *session) register(ctx context.Context) {
	client := s.current().client
	var all []protocol.Registration
	if client.registerWatches {
		all = append(all, watchedFilesRegistration())
	}
	if client.registerConfig {
		all = append(all, protocol.Registration{
			ID: "configuration", Method: protocol.MethodWorkspaceDidChangeConfiguration,
			RegisterOptions: mustJSON(map[string]any{"section": Section}),
		})
	}
	if len(all) == 0 {
		return
	}
	if err := s.call(ctx, protocol.MethodClientRegisterCapability, &protocol.RegistrationParams{Registrations: all}, nil); err != nil && ctx.Err() == nil {
		s.log.Warn("the editor refused to tell of changed files", "error", err)
	}
}
