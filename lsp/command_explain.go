package lsp

import (
	"context"
	"strings"

	"go.lsp.dev/jsonrpc2"

	"example.invalid/starlark-memls/lsp/codes"
)

type explainArgument struct {
	Code string `json:"code"`
}

// explain opens a code's page.
func explain(ctx context.Context, c *call, a explainArgument) (any, error) {
	doc, ok := codes.Lookup(a.Code)
	if !ok {
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "there is no code %q; codes are %s", a.Code, strings.Join(codes.Names(), ", "))
	}
	return c.show(ctx, doc.Code+": "+doc.Title, codePageName(doc.Code), doc.Markdown())
}
