// SPDX-License-Identifier: Apache-2.0

// Package checks holds the memory checks, one a file: what it looks for, and
// what is said about it in docs/checks.md, in hovers and by explain.
package checks

import (
	"strings"

	"example.invalid/starlark-memls/internal/lint"
)

// All lists the checks by code.
func All() []*lint.Check {
	return []*lint.Check{
		transitiveCollection, transitiveString, flattenedKept, flattened, depsetInLoop, depsetsKept, // ML101 …
		stringInLoop, bigWrite, filesCopied, runfilesInLoop, sameInEveryTarget, contextKept, // ML107 …
		macroProduct, aspectOverAll, encodedClosure, mapEachCaptures, bigConstant, globMultiplied, // ML113 …
		selectMultiplied, computedDefault, emptyDepsets, bulkKept, bulkLoading, outputCollected, // ML119 …
		wideTransition, joinedArgument, // ML125 …
	}
}

// Lookup finds a check by its code, whatever the code's case.
func Lookup(code string) (*lint.Check, bool) {
	for _, c := range All() {
		if strings.EqualFold(c.Code, strings.TrimSpace(code)) {
			return c, true
		}
	}
	return nil, false
}
