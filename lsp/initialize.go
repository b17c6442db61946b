// SPDX-License-Identifier: Apache-2.0

package lsp

import (
	"context"

	"go.lsp.dev/protocol"

	"example.invalid/starlark-memls/internal/plot"
	"example.invalid/starlark-memls/lsp/internal/show"
	"example.invalid/starlark-memls/lsp/internal/wire"
)

// initialize is answered inline: what follows it needs what it sets.
func (s *server) initialize(_ context.Context, params []byte) (any, error) {
	if len(params) == 0 {
		return nil, wire.InvalidParams("invalid params: none were sent")
	}
	p, err := wire.Decode[protocol.InitializeParams](params)
	if err != nil {
		return nil, err
	}
	view := s.Session.Initialize(p)
	s.Conn.Initialized()
	s.watchClient(p)
	return s.initializeResult(view), nil
}

// shutdown stops all background work; the client may only send exit now.
func (s *server) shutdown(context.Context, []byte) (any, error) {
	s.ShutDown()
	s.End()
	return nil, nil
}

// initializeResult is what the server can do for the client of a snapshot.
func (s *server) initializeResult(view *show.Snapshot) *protocol.InitializeResult {
	yes, no, incremental := true, false, protocol.TextDocumentSyncKindIncremental
	result := &protocol.InitializeResult{
		ServerInfo: protocol.ServerInfo{Name: "starlark-memls"},
		Capabilities: protocol.ServerCapabilities{
			PositionEncoding: view.Client.Encoding,
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
			Experimental: show.MustJSON(map[string]any{"starlarkMemls": map[string]any{"plots": plot.Kinds()}}),
		},
	}
	if s.opts.Version != "" {
		result.ServerInfo.Version = protocol.NewOptional(s.opts.Version)
	}
	if view.Settings.Pull {
		result.Capabilities.DiagnosticProvider = &protocol.DiagnosticOptions{InterFileDependencies: true, WorkspaceDiagnostics: true}
	}
	return result
}
