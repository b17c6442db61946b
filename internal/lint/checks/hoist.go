package checks

import (
	"example.invalid/starlark-memls/internal/lint"
	"example.invalid/starlark-memls/internal/lint/flow"
)

// hoist makes a value a constant of its file, nil where that is not safe.
func hoist(p *lint.Pass, o *flow.Object) *lint.Fix { return nil }
