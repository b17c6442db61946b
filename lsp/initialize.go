package lsp

import (
	"context"

	"go.lsp.dev/protocol"

	"example.invalid/starlark-memls/internal/plot"
)

// initialize is answered inline: what follows it needs what it sets.
func (s *server) initialize(_ context.Context, params []byte) (any, error) {
	if len(params) == 0 {
		return nil, invalidParams("invalid params: none were sent")
	}
	p, err := decode[protocol.InitializeParams](params)
	if err != nil {
		return nil, err
	}
	view := s.session.initialize(p)
	s.wireConn.initialized()
	return s.initializeResult(view), nil
}

// shutdown stops all background work; the client may only send exit now.
func (s *server) shutdown(context.Context, []byte) (any, error) {
	s.shutDown()
	s.stop()
	return nil, nil
}

// initializeResult is what the server can do for the client of a snapshot.
func (s *server) initializeResult(view *snapshot) *protocol.InitializeResult {
	yes, no, incremental := true, false, protocol.TextDocumentSyncKindIncremental
	result := &protocol.InitializeResult{
		ServerInfo: protocol.ServerInfo{Name: "starlark-memls"},
		Capabilities: protocol.ServerCapabilities{
			PositionEncoding: view.client.encoding,
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
	if view.settings.Pull {
		result.Capabilities.DiagnosticProvider = &protocol.DiagnosticOptions{InterFileDependencies: true, WorkspaceDiagnostics: true}
	}
	return result
}
