// SPDX-License-Identifier: Apache-2.0

package show

import (
	"encoding/json"
	"slices"

	"go.lsp.dev/protocol"

	"example.invalid/starlark-memls/lsp/internal/text"
)

// Capabilities is what the server wants to know of a client. Lenses are
// not in it: half of the editors that show them do not say so.
type Capabilities struct {
	Encoding        text.Encoding
	Configuration   bool // workspace/configuration
	RegisterConfig  bool
	RegisterWatches bool
	ShowDocument    bool
	Progress        bool

	CodeLensRefresh, InlayHintRefresh, DiagnosticRefresh bool
	// lensResolve: the client resolves a lens's command when it is needed.
	lensResolve bool
	// markdown: hovers may be Markdown.
	markdown bool
	// actionLiterals: code actions may be more than commands.
	actionLiterals  bool
	documentChanges bool
	related         bool // relatedInformation of a diagnostic
	codeDescription bool
	ReportChanged   bool
	ServerState     bool
}

// is reads an optional boolean; absent is false.
func is(b *bool) bool { return b != nil && *b }

// CapabilitiesOf condenses what a client says of itself. Any part may be
// missing.
func CapabilitiesOf(c *protocol.ClientCapabilities) Capabilities {
	out := Capabilities{Encoding: protocol.PositionEncodingKindUTF16}
	if c.General != nil {
		out.Encoding = text.ChooseEncoding(c.General.PositionEncodings)
	}
	if w := c.Window; w != nil {
		out.Progress = is(w.WorkDoneProgress)
		out.ShowDocument = w.ShowDocument != nil && w.ShowDocument.Support
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
			ServerState   bool `json:"serverState"`
		} `json:"starlarkMemls"`
	}
	if json.Unmarshal(c.Experimental, &experimental) == nil {
		out.ReportChanged, out.ServerState = experimental.StarlarkMemls.ReportChanged, experimental.StarlarkMemls.ServerState
	}
	return out
}

func workspaceCapabilities(out *Capabilities, w *protocol.WorkspaceClientCapabilities) {
	out.Configuration = is(w.Configuration)
	if c := w.DidChangeConfiguration; c != nil {
		out.RegisterConfig = is(c.DynamicRegistration)
	}
	if c := w.DidChangeWatchedFiles; c != nil {
		out.RegisterWatches = is(c.DynamicRegistration)
	}
	if c := w.CodeLens; c != nil {
		out.CodeLensRefresh = is(c.RefreshSupport)
	}
	if c := w.InlayHint; c != nil {
		out.InlayHintRefresh = is(c.RefreshSupport)
	}
	if c := w.Diagnostics; c != nil {
		out.DiagnosticRefresh = is(c.RefreshSupport)
	}
	if c := w.WorkspaceEdit; c != nil {
		out.documentChanges = is(c.DocumentChanges)
	}
}

func textDocumentCapabilities(out *Capabilities, t *protocol.TextDocumentClientCapabilities) {
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
