package lsp

import (
	"context"

	"go.lsp.dev/protocol"
)

// reads routes a request that is answered from the snapshot of the moment in
// which it was read.
func reads[P, R any](s *server, answerFrom func(ctx context.Context, view *snapshot, p *P) (R, error)) route {
	return route{Take: func() answer {
		view := s.current()
		return func(ctx context.Context, params []byte) (any, error) {
			if len(params) == 0 {
				return nil, invalidParams("invalid params: none were sent")
			}
			p, err := decode[P](params)
			if err != nil {
				return nil, err
			}
			return answerFrom(ctx, view, p)
		}
	}}
}

// inline routes a request of the life cycle.
func inline(a answer) route { return route{Inline: true, Take: func() answer { return a }} }

// requestRoutes are the methods that are answered.
func (s *server) requestRoutes() map[string]route {
	return map[string]route{
		protocol.MethodInitialize: inline(s.initialize),
		protocol.MethodShutdown:   inline(s.shutdown),

		protocol.MethodTextDocumentCodeLens: reads(s, codeLens),
		protocol.MethodCodeLensResolve: reads(s, func(_ context.Context, view *snapshot, lens *protocol.CodeLens) (*protocol.CodeLens, error) {
			resolved, err := resolveCodeLens(view, lens)
			if err != nil {
				return nil, invalidParams("invalid params: %v", err)
			}
			return resolved, nil
		}),
		protocol.MethodTextDocumentInlayHint: reads(s, inlayHint),
		protocol.MethodTextDocumentHover:     reads(s, hover),
		protocol.MethodTextDocumentDiagnostic: reads(s, func(_ context.Context, view *snapshot, p *protocol.DocumentDiagnosticParams) (any, error) {
			return documentDiagnostic(view, p, s.pages), nil
		}),
		protocol.MethodWorkspaceDiagnostic: reads(s, s.publisher.workspaceDiagnostic),
		protocol.MethodTextDocumentCodeAction: reads(s, func(_ context.Context, view *snapshot, p *protocol.CodeActionParams) ([]protocol.CommandOrCodeAction, error) {
			return codeAction(view, p, s.pages), nil
		}),

		protocol.MethodWorkspaceExecuteCommand: reads(s, s.executeCommand),
	}
}

// listeners are the notifications that are listened to.
func (s *server) notificationListeners() map[string]listener {
	return map[string]listener{
		protocol.MethodInitialized: listen(s.session.initialized),

		protocol.MethodTextDocumentDidOpen:   listen(s.didOpen),
		protocol.MethodTextDocumentDidChange: listen(s.didChange),
		protocol.MethodTextDocumentDidClose:  listen(s.didClose),
		protocol.MethodTextDocumentDidSave:   listen(s.didSave),

		protocol.MethodWorkspaceDidChangeConfiguration:    listen(s.didChangeConfiguration),
		protocol.MethodWorkspaceDidChangeWorkspaceFolders: listen(s.didChangeWorkspaceFolders),
		protocol.MethodWorkspaceDidChangeWatchedFiles:     listen(s.didChangeWatchedFiles),
	}
}
