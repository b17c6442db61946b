package lsp

import (
	"context"
	"fmt"
	"path/filepath"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
)

// evidenceArgument names a function: by name, or more exactly.
type evidenceArgument struct {
	Function string `json:"function,omitempty"`
	File     string `json:"file,omitempty"` // a path, relative to the workspace, or a URI
	Line     int    `json:"line,omitempty"` // of the def, from 1
}

// evidenceArgumentOf names a mark exactly. It says where the function was when
// it was analysed, which is how it is found again.
func evidenceArgumentOf(m functionMark) evidenceArgument {
	return evidenceArgument{m.suspect.Name, m.definition.File, nameOf(m.definition).line + 1}
}

func (a evidenceArgument) json() protocol.LSPAny { return mustJSON(a) }

// pathArgument is a command's file as a source path.
func (v *snapshot) pathArgument(file string) string {
	dir := ""
	if len(v.folders) > 0 {
		dir = filepath.FromSlash(v.folders[0].root)
	}
	return canonical(pathFromArgument(file, dir))
}

// showEvidence writes a function's page and opens it.
func showEvidence(ctx context.Context, c *call, a evidenceArgument) (any, error) {
	if a == (evidenceArgument{}) {
		return nil, jsonrpc2.NewError(jsonrpc2.InvalidParams, `invalid params: name a function: {"function": "…", "file": "…"}`)
	}
	m, ok := c.view.functionMark(a)
	if !ok {
		return nil, fmt.Errorf("there is no evidence against %s (any more)", a.Function)
	}
	return c.show(ctx, "Evidence against "+m.suspect.Name, "evidence-"+m.definition.File+m.suspect.Name, m.page(c.view))
}
