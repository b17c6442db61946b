package lsp

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"example.invalid/starlark-memls/internal/plot"
)

// MethodReportChanged is a notification of ours, with an Overview, sent after
// each change of the report to clients that ask for it by
// {"experimental": {"starlarkMemls": {"reportChanged": true}}}.
const MethodReportChanged = "starlarkMemls/reportChanged"

// clientCapabilities is what the server wants to know of a client. Lenses are
// not in it: half of the editors that show them do not say so.
type clientCapabilities struct {
	encoding        encoding
	configuration   bool // workspace/configuration
	registerConfig  bool
	registerWatches bool
	showDocument    bool
	progress        bool

	codeLensRefresh, inlayHintRefresh, diagnosticRefresh bool
	// lensResolve: the client resolves a lens's command when it is needed.
	lensResolve bool
	// markdown: hovers may be Markdown.
	markdown bool
	// actionLiterals: code actions may be more than commands.
	actionLiterals  bool
	documentChanges bool
	related         bool // relatedInformation of a diagnostic
	codeDescription bool
	reportChanged   bool
}

// initializationOptions is what a client may say besides settings.
type initializationOptions struct {
	// Trusted false: read sources inside the workspace only, nothing that a
	// setting or a link in it points at.
	Trusted *bool `json:"trusted"`
	// ToldUntil is the time (RFC 3339) of the newest crash that the user has
	// been told of by a server before this one.
	ToldUntil string `json:"toldUntil"`
}

// initialize is answered inline: what follows it needs what it sets.
func initialize(_ context.Context, s *server, _ *snapshot, params []byte) (any, error) {
	p, err := decode[protocol.InitializeParams](params)
	if err != nil {
		return nil, err
	}
	if len(params) == 0 {
		return nil, jsonrpc2.NewError(jsonrpc2.InvalidParams, "invalid params: none were sent")
	}
	var options initializationOptions
	_ = json.Unmarshal(p.InitializationOptions, &options) // anything else is settings, or nothing
	s.trusted = options.Trusted == nil || *options.Trusted
	s.toldUntil, _ = time.Parse(time.RFC3339Nano, options.ToldUntil) // without one, nothing has been told
	s.options.initial = slices.Clone(json.RawMessage(p.InitializationOptions))
	settings, problems := settingsFrom(s.options.initial, s.trusted)
	s.options.problems = problems
	client := capabilitiesOf(&p.Capabilities)

	s.update(func(next *snapshot) bool {
		next.client = client
		next.settings = settings
		for _, f := range workspaceFolders(p) {
			next.folders = s.withFolder(next.folders, f, false)
		}
		return true
	})
	s.life.enter(phaseRunning)
	return s.initializeResult(client, settings), nil
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

func (s *server) initializeResult(client clientCapabilities, settings Settings) *protocol.InitializeResult {
	yes, no, incremental := true, false, protocol.TextDocumentSyncKindIncremental
	result := &protocol.InitializeResult{
		ServerInfo: protocol.ServerInfo{Name: "starlark-memls"},
		Capabilities: protocol.ServerCapabilities{
			PositionEncoding: client.encoding,
			TextDocumentSync: &protocol.TextDocumentSyncOptions{OpenClose: &yes, Change: &incremental, Save: &protocol.SaveOptions{IncludeText: &no}},
			CodeLensProvider: &protocol.CodeLensOptions{ResolveProvider: &yes},
			HoverProvider:    protocol.Boolean(true),
			InlayHintProvider: &protocol.InlayHintOptions{
				ResolveProvider: &no,
			},
			CodeActionProvider: &protocol.CodeActionOptions{
				CodeActionKinds: []protocol.CodeActionKind{protocol.CodeActionKindQuickFix, protocol.CodeActionKindSource},
			},
			ExecuteCommandProvider: protocol.ExecuteCommandOptions{Commands: commandNames()},
			Workspace: &protocol.WorkspaceOptions{WorkspaceFolders: &protocol.WorkspaceFoldersServerCapabilities{
				Supported: &yes, ChangeNotifications: protocol.Boolean(true),
			}},
			// What a chooser of pictures offers.
			Experimental: mustJSON(map[string]any{"starlarkMemls": map[string]any{"plots": plot.Kinds()}}),
		},
	}
	if s.opts.Version != "" {
		result.ServerInfo.Version = protocol.NewOptional(s.opts.Version)
	}
	if settings.Pull {
		result.Capabilities.DiagnosticProvider = &protocol.DiagnosticOptions{InterFileDependencies: true, WorkspaceDiagnostics: true}
	}
	return result
}

// initialized begins everything that was waiting for the client.
func initialized(_ context.Context, s *server, _ *protocol.InitializedParams) error {
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
func (s *server) beginFolders() {
	s.begun.Do(func() {
		for _, f := range s.state.Load().folders {
			s.beginFolder(f)
		}
	})
}

// register asks for the notifications that the client sends on demand only.
func (s *server) register(ctx context.Context) {
	client := s.state.Load().client
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
