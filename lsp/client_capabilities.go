package lsp

import (
	"encoding/json"
	"slices"

	"go.lsp.dev/protocol"
)

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

// is reads an optional boolean; absent is false.
func is(b *bool) bool { return b != nil && *b }

// capabilitiesOf condenses what a client says of itself. Any part may be
// missing.
func capabilitiesOf(c *protocol.ClientCapabilities) clientCapabilities {
	out := clientCapabilities{encoding: protocol.PositionEncodingKindUTF16}
	if c.General != nil {
		out.encoding = chooseEncoding(c.General.PositionEncodings)
	}
	if w := c.Window; w != nil {
		out.progress = is(w.WorkDoneProgress)
		out.showDocument = w.ShowDocument != nil && w.ShowDocument.Support
	}
	if w := c.Workspace; w != nil {
		workspaceCapabilities(&out, w)
	}
	if t := c.TextDocument; t != nil {
		textDocumentCapabilities(&out, t)
	}
	var experimental struct {
		StarlarkMemls struct {
			ReportChanged bool `json:"reportChanged"`
		} `json:"starlarkMemls"`
	}
	if json.Unmarshal(c.Experimental, &experimental) == nil {
		out.reportChanged = experimental.StarlarkMemls.ReportChanged
	}
	return out
}

func workspaceCapabilities(out *clientCapabilities, w *protocol.WorkspaceClientCapabilities) {
	out.configuration = is(w.Configuration)
	if c := w.DidChangeConfiguration; c != nil {
		out.registerConfig = is(c.DynamicRegistration)
	}
	if c := w.DidChangeWatchedFiles; c != nil {
		out.registerWatches = is(c.DynamicRegistration)
	}
	if c := w.CodeLens; c != nil {
		out.codeLensRefresh = is(c.RefreshSupport)
	}
	if c := w.InlayHint; c != nil {
		out.inlayHintRefresh = is(c.RefreshSupport)
	}
	if c := w.Diagnostics; c != nil {
		out.diagnosticRefresh = is(c.RefreshSupport)
	}
	if c := w.WorkspaceEdit; c != nil {
		out.documentChanges = is(c.DocumentChanges)
	}
}

func textDocumentCapabilities(out *clientCapabilities, t *protocol.TextDocumentClientCapabilities) {
	if h := t.Hover; h != nil {
		// The formats are in the client's order of preference; one that
		// names none gets Markdown, which all of them draw in some way.
		out.markdown = len(h.ContentFormat) == 0 || h.ContentFormat[0] == protocol.MarkupKindMarkdown
	} else {
		out.markdown = true
	}
	if l := t.CodeLens; l != nil {
		out.lensResolve = slices.Contains(l.ResolveSupport.Properties, "command")
	}
	if a := t.CodeAction; a != nil {
		out.actionLiterals = len(a.CodeActionLiteralSupport.CodeActionKind.ValueSet) > 0
	}
	if d := t.PublishDiagnostics; d != nil {
		out.related = is(d.RelatedInformation)
		out.codeDescription = is(d.CodeDescriptionSupport)
	}
}
