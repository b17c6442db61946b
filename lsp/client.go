package lsp

// What the server says to the client without being asked.

import (
	"context"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
)

// A client is who the server talks to: what its editor can do, and what the
// user has chosen, decide how something is said.
type client struct {
	*wireConn
	store *store
}

// begin shows a progress for a piece of work: under the token that came with
// the request, or one of the server's own where the client takes these. The
// work's context is cancelled when the user cancels it. End must be called.
func (c *client) begin(ctx context.Context, given protocol.ProgressToken, title string) (context.Context, *progress, func()) {
	return c.beginWork(ctx, given, protocol.WorkDoneProgressBegin{Title: title})
}

// beginCounted is begin for work of which the share that is done is known.
func (c *client) beginCounted(ctx context.Context, title string) (context.Context, *progress, func()) {
	none := uint32(0)
	return c.beginWork(ctx, nil, protocol.WorkDoneProgressBegin{Title: title, Percentage: &none})
}

func (c *client) beginWork(ctx context.Context, given protocol.ProgressToken, work protocol.WorkDoneProgressBegin) (context.Context, *progress, func()) {
	if given == nil && !c.store.current().client.progress {
		ctx, cancel := context.WithCancel(ctx)
		return ctx, nil, cancel
	}
	return c.wireConn.begin(ctx, given, work)
}

// ask shows a message with buttons and returns the title of the one that was
// chosen, or "". Where the settings do not allow buttons it only shows it.
func (c *client) ask(ctx context.Context, kind protocol.MessageType, message string, titles ...string) string {
	if !c.store.current().settings.NotifyActions {
		c.showMessage(kind, message)
		return ""
	}
	params := &protocol.ShowMessageRequestParams{Type: kind, Message: message}
	for _, t := range titles {
		params.Actions = append(params.Actions, protocol.MessageActionItem{Title: t})
	}
	var chosen *protocol.MessageActionItem
	if err := c.call(ctx, protocol.MethodWindowShowMessageRequest, params, &chosen); err != nil || chosen == nil {
		return ""
	}
	return chosen.Title
}

// showDocument opens a document at a range in the editor and says whether the
// editor did.
func (c *client) showDocument(ctx context.Context, u uri.URI, at *protocol.Range) bool {
	if !c.store.current().client.showDocument {
		return false
	}
	focus := true
	var result protocol.ShowDocumentResult
	err := c.call(ctx, protocol.MethodWindowShowDocument, &protocol.ShowDocumentParams{URI: u, TakeFocus: &focus, Selection: at}, &result)
	return err == nil && result.Success
}

// refresh asks the client to ask again for what the report changed.
func (c *client) refresh(ctx context.Context) {
	can := c.store.current().client
	for _, r := range []struct {
		supported bool
		method    string
	}{
		{can.codeLensRefresh, protocol.MethodWorkspaceCodeLensRefresh},
		{can.inlayHintRefresh, protocol.MethodWorkspaceInlayHintRefresh},
		{can.diagnosticRefresh && c.store.current().settings.Pull, protocol.MethodWorkspaceDiagnosticRefresh},
	} {
		if !r.supported {
			continue
		}
		if err := c.call(ctx, r.method, nil, nil); err != nil && ctx.Err() == nil {
			c.log.Debug("refresh refused", "method", r.method, "error", err)
		}
	}
	c.tellOverview()
}

// tellOverview sends the overview to a client that asked for it.
func (c *client) tellOverview() {
	if c.store.current().client.reportChanged {
		c.notify(MethodReportChanged, overview(c.store.current()))
	}
}

// showPicture opens a picture in a program of the system's. A client that
// takes overviews draws it itself, and is left alone.
func (c *client) showPicture(ctx context.Context, u uri.URI) bool {
	can := c.store.current().client
	if can.reportChanged || !can.showDocument {
		return can.reportChanged
	}
	external := true
	var result protocol.ShowDocumentResult
	err := c.call(ctx, protocol.MethodWindowShowDocument, &protocol.ShowDocumentParams{URI: u, External: &external}, &result)
	return err == nil && result.Success
}
