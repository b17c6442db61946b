// SPDX-License-Identifier: Apache-2.0

package lsp

import (
	"context"

	"go.lsp.dev/protocol"

	"example.invalid/starlark-memls/lsp/internal/show"
	"example.invalid/starlark-memls/lsp/internal/wire"
)

// reads routes a request that is answered from the snapshot of the moment in
// which it was read.
func reads[P, R any](s *server, answerFrom func(ctx context.Context, view *show.Snapshot, p *P) (R, error)) wire.Route {
	return wire.Route{Take: func() wire.Handler {
		view := s.Current()
		return func(ctx context.Context, params []byte) (any, error) {
			if len(params) == 0 {
				return nil, wire.InvalidParams("invalid params: none were sent")
			}
			p, err := wire.Decode[P](params)
			if err != nil {
				return nil, err
			}
			return answerFrom(ctx, view, p)
		}
	}}
}

// inline routes a request of the life cycle.
func inline(a wire.Handler) wire.Route {
	return wire.Route{Inline: true, Take: func() wire.Handler { return a }}
}

// requestRoutes are the methods that are answered.
func (s *server) requestRoutes() map[string]wire.Route {
	return map[string]wire.Route{
		protocol.MethodInitialize: inline(s.initialize),
		protocol.MethodShutdown:   inline(s.shutdown),

		protocol.MethodTextDocumentCodeLens: reads(s, show.CodeLenses),
		protocol.MethodCodeLensResolve: reads(s, func(_ context.Context, view *show.Snapshot, lens *protocol.CodeLens) (*protocol.CodeLens, error) {
			resolved, err := show.ResolveCodeLens(view, lens)
			if err != nil {
				return nil, wire.InvalidParams("invalid params: %v", err)
			}
			return resolved, nil
		}),
		protocol.MethodTextDocumentInlayHint: reads(s, show.InlayHints),
		protocol.MethodTextDocumentHover:     reads(s, show.Hover),
		protocol.MethodTextDocumentDiagnostic: reads(s, func(_ context.Context, view *show.Snapshot, p *protocol.DocumentDiagnosticParams) (any, error) {
			return show.DocumentDiagnostics(view, p, s.pages), nil
		}),
		protocol.MethodWorkspaceDiagnostic: reads(s, s.Publisher.WorkspaceDiagnostic),
		protocol.MethodTextDocumentCodeAction: reads(s, func(_ context.Context, view *show.Snapshot, p *protocol.CodeActionParams) ([]protocol.CommandOrCodeAction, error) {
			return show.CodeActions(view, p, s.pages), nil
		}),

		protocol.MethodWorkspaceExecuteCommand: reads(s, s.executeCommand),
	}
}

// listeners are the notifications that are listened to.
func (s *server) notificationListeners() map[string]wire.Listener {
	return map[string]wire.Listener{
		protocol.MethodInitialized: wire.Listen(s.Session.Initialized),

		protocol.MethodTextDocumentDidOpen:   wire.Listen(s.DidOpen),
		protocol.MethodTextDocumentDidChange: wire.Listen(s.DidChange),
		protocol.MethodTextDocumentDidClose:  wire.Listen(s.DidClose),
		protocol.MethodTextDocumentDidSave:   wire.Listen(s.DidSave),

		protocol.MethodWorkspaceDidChangeConfiguration:    wire.Listen(s.DidChangeConfiguration),
		protocol.MethodWorkspaceDidChangeWorkspaceFolders: wire.Listen(s.DidChangeWorkspaceFolders),
		protocol.MethodWorkspaceDidChangeWatchedFiles:     wire.Listen(s.DidChangeWatchedFiles),
	}
}
