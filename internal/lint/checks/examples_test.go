// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.invalid/starlark-memls/internal/lint"
	"example.invalid/starlark-memls/internal/lint/flow"
	"example.invalid/starlark-memls/starlark"
)

// lintText runs all checks over one file in a workspace of its own.
func lintText(t *testing.T, files map[string]string) []*lint.Finding {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	ws, err := starlark.Load(t.Context(), dir, starlark.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	program, err := flow.Follow(t.Context(), ws)
	if err != nil {
		t.Fatal(err)
	}
	all := lint.Examine(program, All())
	return all
}

var provider = regexp.MustCompile(`\b[A-Z]\w*Info\b`)

// whole makes an example a file: with its providers, which other rules fill by
// depsets of what is below, and with its implementation used by a rule.
func whole(example string) string {
	var b strings.Builder
	names := slices.Compact(slices.Sorted(slices.Values(provider.FindAllString(example, -1))))
	for _, name := range names {
		if name != "DefaultInfo" {
			fmt.Fprintf(&b, "%s = provider()\n", name)
		}
	}
	b.WriteString(example)
	switch {
	case strings.Contains(example, "def _impl(target, ctx)"):
		b.WriteString("\ncheck_aspect = aspect(implementation = _impl, attr_aspects = [\"deps\"])\n")
	case strings.Contains(example, "def _impl(rctx)"):
		b.WriteString("\ncheck_repository = repository_rule(implementation = _impl)\n")
	case strings.Contains(example, "def _impl(ctx)"):
		b.WriteString("\ncheck_rule = rule(implementation = _impl)\n")
	}
	if strings.Contains(example, "[LibInfo]") {
		b.WriteString("\ndef _lib(ctx):\n    return [LibInfo(jars = depset(transitive = [d[LibInfo].jars for d in ctx.attr.deps]))]\nlib = rule(implementation = _lib)\n")
	}
	return b.String()
}

// TestExamples holds that what is documented is what is found: the code before
// has the finding, the code after has not.
func TestExamples(t *testing.T) {
	t.Parallel()
	for i, c := range All() {
		if want := fmt.Sprintf("ML%03d", 101+i); c.Code != want {
			t.Errorf("check %d is %s, want %s: codes are never reused and never left out", i, c.Code, want)
		}
		t.Run(c.Code, func(t *testing.T) {
			t.Parallel()
			has := func(example string) bool {
				all := lintText(t, map[string]string{"MODULE.bazel": "", "BUILD": "", "d.bzl": whole(example)})
				return slices.ContainsFunc(all, func(f *lint.Finding) bool { return f.Code == c.Code })
			}
			if !has(c.Before) {
				t.Errorf("the example has no %s:\n%s", c.Code, whole(c.Before))
			}
			if has(c.After) {
				t.Errorf("the example still has %s after the change:\n%s", c.Code, whole(c.After))
			}
		})
	}
}
