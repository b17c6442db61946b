// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"example.invalid/starlark-memls/lsp/internal/show"
	"example.invalid/starlark-memls/lsp/internal/wire"
)

// What the server says to the client without being asked.

// A client is who the server talks to: what its editor can do, and what the
// user has chosen, decide how something is said.
type client struct {
	*wire.Conn
	store *store
}

// Begin shows a progress for a piece of work: under the token that came with
// the request, or one of the server's own where the client takes these. The
// work's context is cancelled when the user cancels it. End must be called.
func (c *client) Begin(ctx context.Context, given protocol.ProgressToken, title string) (context.Context, *wire.Progress, func()) {
	return c.beginWork(ctx, given, protocol.WorkDoneProgressBegin{Title: title})
}

// BeginCounted is begin for work of which the share that is done is known.
func (c *client) BeginCounted(ctx context.Context, title string) (context.Context, *wire.Progress, func()) {
	none := uint32(0)
	return c.beginWork(ctx, nil, protocol.WorkDoneProgressBegin{Title: title, Percentage: &none})
}

func (c *client) beginWork(ctx context.Context, given protocol.ProgressToken, work protocol.WorkDoneProgressBegin) (context.Context, *wire.Progress, func()) {
	if given == nil && !c.store.Current().Client.Progress {
		ctx, cancel := context.WithCancel(ctx)
		return ctx, nil, cancel
	}
	return c.Conn.Begin(ctx, given, work)
}

// Ask shows a message with buttons and returns the title of the one that was
// chosen, or "". Where the settings do not allow buttons it only shows it.
func (c *client) Ask(ctx context.Context, kind protocol.MessageType, message string, titles ...string) string {
	if !c.store.Current().Settings.NotifyActions {
		c.ShowMessage(kind, message)
		return ""
	}
	params := &protocol.ShowMessageRequestParams{Type: kind, Message: message}
	for _, t := range titles {
		params.Actions = append(params.Actions, protocol.MessageActionItem{Title: t})
	}
	var chosen *protocol.MessageActionItem
	if err := c.Call(ctx, protocol.MethodWindowShowMessageRequest, params, &chosen); err != nil || chosen == nil {
		return ""
	}
	return chosen.Title
}

// ShowDocument opens a document at a range in the editor and says whether the
// editor did.
func (c *client) ShowDocument(ctx context.Context, u uri.URI, at *protocol.Range) bool {
	if !c.store.Current().Client.ShowDocument {
		return false
	}
	focus := true
	var result protocol.ShowDocumentResult
	err := c.Call(ctx, protocol.MethodWindowShowDocument, &protocol.ShowDocumentParams{URI: u, TakeFocus: &focus, Selection: at}, &result)
	return err == nil && result.Success
}

// refresh asks the client to ask again for what the report changed.
func (c *client) refresh(ctx context.Context) {
	can := c.store.Current().Client
	for _, r := range []struct {
		supported bool
		method    string
	}{
		{can.CodeLensRefresh, protocol.MethodWorkspaceCodeLensRefresh},
		{can.InlayHintRefresh, protocol.MethodWorkspaceInlayHintRefresh},
		{can.DiagnosticRefresh && c.store.Current().Settings.Pull, protocol.MethodWorkspaceDiagnosticRefresh},
	} {
		if !r.supported {
			continue
		}
		if err := c.Call(ctx, r.method, nil, nil); err != nil && ctx.Err() == nil {
			c.Log.Debug("refresh refused", "method", r.method, "error", err)
		}
	}
	c.TellOverview()
}

// TellOverview sends the overview to a client that asked for it.
func (c *client) TellOverview() {
	if c.store.Current().Client.ReportChanged {
		c.Notify(show.MethodReportChanged, show.NewOverview(c.store.Current()))
	}
}

// ShowPicture opens a picture in a program of the system's. A client that
// takes overviews draws it itself, and is left alone.
func (c *client) ShowPicture(ctx context.Context, u uri.URI) bool {
	can := c.store.Current().Client
	if can.ReportChanged || !can.ShowDocument {
		return can.ReportChanged
	}
	external := true
	var result protocol.ShowDocumentResult
	err := c.Call(ctx, protocol.MethodWindowShowDocument, &protocol.ShowDocumentParams{URI: u, External: &external}, &result)
	return err == nil && result.Success
}
