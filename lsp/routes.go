package lsp

import (
	"context"
	"fmt"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
)

// A route answers one method. Answer sees the snapshot of the moment in which
// the request was read.
type route struct {
	inline bool
	answer func(ctx context.Context, s *server, view *snapshot, params []byte) (any, error)
}

// reads routes a request that needs nothing but the snapshot.
func reads[P any](answer func(ctx context.Context, s *server, view *snapshot, p *P) (any, error)) route {
	return route{answer: func(ctx context.Context, s *server, view *snapshot, params []byte) (any, error) {
		if len(params) == 0 {
			return nil, jsonrpc2.NewError(jsonrpc2.InvalidParams, "invalid params: none were sent")
		}
		p, err := decode[P](params)
		if err != nil {
			return nil, err
		}
		return answer(ctx, s, view, p)
	}}
}

// requestRoutes are the methods that are answered; any other is "method not
// found".
func requestRoutes() map[string]route {
	return map[string]route{
		protocol.MethodInitialize: {inline: true, answer: initialize},
		protocol.MethodShutdown:   {inline: true, answer: shutdown},

		protocol.MethodTextDocumentCodeLens:   reads(codeLens),
		protocol.MethodCodeLensResolve:        reads(resolveCodeLens),
		protocol.MethodTextDocumentInlayHint:  reads(inlayHint),
		protocol.MethodTextDocumentHover:      reads(hover),
		protocol.MethodTextDocumentDiagnostic: reads(documentDiagnostic),
		protocol.MethodWorkspaceDiagnostic:    reads(workspaceDiagnostic),
		protocol.MethodTextDocumentCodeAction: reads(codeAction),

		protocol.MethodWorkspaceExecuteCommand: reads(executeCommand),
	}
}

// notifies decodes a notification's parameters.
func notifies[P any](do func(ctx context.Context, s *server, p *P) error) func(context.Context, *server, []byte) error {
	return func(ctx context.Context, s *server, params []byte) error {
		p, err := decode[P](params)
		if err != nil {
			return err
		}
		return do(ctx, s, p)
	}
}

// notifications are the methods that are listened to; others are ignored, as
// the protocol wants.
var notifications = map[string]func(context.Context, *server, []byte) error{
	protocol.MethodInitialized: notifies(initialized),
	protocol.MethodExit: func(_ context.Context, s *server, _ []byte) error {
		s.hangUp()
		return s.life.exit()
	},

	protocol.MethodTextDocumentDidOpen:   notifies(didOpen),
	protocol.MethodTextDocumentDidChange: notifies(didChange),
	protocol.MethodTextDocumentDidClose:  notifies(didClose),
	protocol.MethodTextDocumentDidSave:   notifies(didSave),

	protocol.MethodWorkspaceDidChangeConfiguration:    notifies(didChangeConfiguration),
	protocol.MethodWorkspaceDidChangeWorkspaceFolders: notifies(didChangeWorkspaceFolders),
	protocol.MethodWorkspaceDidChangeWatchedFiles:     notifies(didChangeWatchedFiles),

	protocol.MethodWindowWorkDoneProgressCancel: notifies(workDoneProgressCancel),
}

// notification runs one notification, in wire order.
func (s *server) notification(ctx context.Context, method string, params []byte) error {
	if method == protocol.MethodCancelRequest {
		id, err := cancelID(params)
		if err != nil {
			return err
		}
		s.inFlight.cancel(id)
		return nil
	}
	do, ok := notifications[method]
	if !ok {
		s.log.Debug("ignored notification", "method", fmt.Sprint(method))
		return nil
	}
	if method != protocol.MethodExit && !s.life.running() {
		return fmt.Errorf("%s before initialize or after shutdown: ignored", method)
	}
	return do(ctx, s, params)
}
