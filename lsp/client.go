package lsp

// What the server says to the client without being asked.

import (
	"context"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
)

// notify sends a notification; a connection that is gone is no error here.
func (s *server) notify(method string, params any) {
	if s.conn == nil {
		return
	}
	_ = s.conn.Notify(s.background.ctx, method, params)
}

// call asks the client and waits. It must not be called from a notification's
// handler: the answer could not be read.
func (s *server) call(ctx context.Context, method string, params, result any) error {
	return protocol.Call(ctx, s.conn, method, params, result)
}

func (s *server) logMessage(kind protocol.MessageType, message string) {
	s.notify(protocol.MethodWindowLogMessage, &protocol.LogMessageParams{Type: kind, Message: message})
}

func (s *server) showMessage(kind protocol.MessageType, message string) {
	s.notify(protocol.MethodWindowShowMessage, &protocol.ShowMessageParams{Type: kind, Message: message})
}

// ask shows a message with buttons and returns the title of the one that was
// chosen, or "". Where the settings do not allow buttons it only shows it.
func (s *server) ask(ctx context.Context, kind protocol.MessageType, message string, titles ...string) string {
	if !s.state.Load().settings.NotifyActions {
		s.showMessage(kind, message)
		return ""
	}
	params := &protocol.ShowMessageRequestParams{Type: kind, Message: message}
	for _, t := range titles {
		params.Actions = append(params.Actions, protocol.MessageActionItem{Title: t})
	}
	var chosen *protocol.MessageActionItem
	if err := s.call(ctx, protocol.MethodWindowShowMessageRequest, params, &chosen); err != nil || chosen == nil {
		return ""
	}
	return chosen.Title
}

// showDocument opens a document at a range in the editor and says whether the
// editor did.
func (s *server) showDocument(ctx context.Context, u uri.URI, at *protocol.Range) bool {
	if !s.state.Load().client.showDocument {
		return false
	}
	focus := true
	var result protocol.ShowDocumentResult
	err := s.call(ctx, protocol.MethodWindowShowDocument, &protocol.ShowDocumentParams{URI: u, TakeFocus: &focus, Selection: at}, &result)
	return err == nil && result.Success
}

// refresh asks the client to ask again for what the report changed.
func (s *server) refresh(ctx context.Context) {
	client := s.state.Load().client
	for _, r := range []struct {
		supported bool
		method    string
	}{
		{client.codeLensRefresh, protocol.MethodWorkspaceCodeLensRefresh},
		{client.inlayHintRefresh, protocol.MethodWorkspaceInlayHintRefresh},
		{client.diagnosticRefresh && s.state.Load().settings.Pull, protocol.MethodWorkspaceDiagnosticRefresh},
	} {
		if !r.supported {
			continue
		}
		if err := s.call(ctx, r.method, nil, nil); err != nil && ctx.Err() == nil {
			s.log.Debug("refresh refused", "method", r.method, "error", err)
		}
	}
	s.tellOverview()
}

// tellOverview sends the overview to a client that asked for it.
func (s *server) tellOverview() {
	if s.state.Load().client.reportChanged {
		s.notify(MethodReportChanged, s.overview())
	}
}

// showPicture opens a picture in a program of the system's. A client that
// takes overviews draws it itself, and is left alone.
func (s *server) showPicture(ctx context.Context, u uri.URI) bool {
	client := s.state.Load().client
	if client.reportChanged || !client.showDocument {
		return client.reportChanged
	}
	external := true
	var result protocol.ShowDocumentResult
	err := s.call(ctx, protocol.MethodWindowShowDocument, &protocol.ShowDocumentParams{URI: u, External: &external}, &result)
	return err == nil && result.Success
}
