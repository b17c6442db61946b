// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestKeeping: what of a function's work can outlive it. Each body calls make();
// kept says whether what that gives is.
func TestKeeping(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		kept bool
	}{
		"returned":                {"return [Info(rows = make(ctx))]", true},
		"through a variable":      {"rows = make(ctx)\n    return rows", true},
		"through variables, late": {"b = None\n    for i in range(3):\n        c = b\n        b = make(ctx)\n    return c", true},
		"added to":                {"rows = []\n    for i in range(3):\n        rows.append(make(i))\n    return struct(rows = rows)", true},
		"into a dict":             {"d = {}\n    d[\"x\"] = make(ctx)\n    return d", true},
		"augmented":               {"rows = []\n    rows += make(ctx)\n    return rows", true},
		"a comprehension":         {"return [x for x in make(ctx) if x]", true},
		"on one branch":           {"if ctx:\n        return make(ctx)\n    return []", true},
		"to an action":            {"ctx.actions.write(ctx.outputs.out, \"\\n\".join(make(ctx)))\n    return []", true},
		"to an action's arguments": {"args = ctx.actions.args()\n    args.add_all(make(ctx))\n" +
			"    ctx.actions.run(arguments = [args])\n    return []", true},
		"to a target":         {"some_rule(name = \"x\", data = make(ctx))", true},
		"to a list of others": {"ctx.append(make(1))", true},
		"by a helper":         {"rows = []\n    fill(rows, make(1))\n    return rows", true},
		"renamed":             {"return renamed(ctx)", true},
		"named by position":   {"def inner():\n        return make(ctx)\n    return inner()", true},
		"overwritten": {"text = \"\"\n    for i in range(9):\n        text = make(text + \"x\")\n" +
			"    return [DefaultInfo(files = depset([ctx.actions.declare_file(\"x\")]))]", false},
		"only its length":   {"return len(make(ctx))", false},
		"only compared":     {"return make(ctx) == 3", false},
		"a condition":       {"return 1 if make(ctx) else 2", false},
		"let go of":         {"make(1)\n    return []", false},
		"joined, let go of": {"text = \"\".join(make(1))\n    total = max(0, len(text))\n    return total", false},
		"an index":          {"return [1, 2, 3][make(ctx)]", false},
	} {
		root := t.TempDir()
		text := "load(\":other.bzl\", \"fill\", renamed = \"make\")\n\ndef f(ctx):\n    " + c.body + "\n"
		for file, text := range map[string]string{"MODULE.bazel": "", "BUILD": "", "a.bzl": text, "other.bzl": "def make(x):\n    return [x]\n\ndef fill(a, b):\n    a.append(b)\n"} {
			if err := os.WriteFile(filepath.Join(root, file), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		ws, err := Load(t.Context(), root, LoadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if p := ws.Problems(); len(p) > 0 {
			t.Fatalf("%s: %v", name, p)
		}
		all := ws.Named("f")
		if len(all) != 1 {
			t.Fatalf("%s: %d functions", name, len(all))
		}
		k := ws.Keeping(all[0])
		if !k.known || k.Keeps("make") != c.kept {
			t.Errorf("%s: known %v, kept %v of %v, want %v", name, k.known, k.Keeps("make"), k.kept, c.kept)
		}
	}
}

// TestIdle: what cannot take long.
func TestIdle(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	text := "def nothing(ctx):\n    return []\n\ndef chooses(ctx):\n    if ctx:\n        return [1]\n    return None\n\n" +
		"def calls(ctx):\n    return [len(ctx)]\n\ndef adds(ctx):\n    return ctx + ctx\n\ndef loops(ctx):\n    for c in ctx:\n        pass\n"
	for file, text := range map[string]string{"MODULE.bazel": "", "BUILD": "", "a.bzl": text} {
		if err := os.WriteFile(filepath.Join(root, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	ws, err := Load(t.Context(), root, LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"nothing": true, "chooses": true, "calls": false, "adds": false, "loops": false} {
		if got := ws.Keeping(ws.Named(name)[0]).Idle(); got != want {
			t.Errorf("%s: idle is %v", name, got)
		}
	}
}

// TestCallers counts who calls a function, where they can name it.
func TestCallers(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for file, text := range map[string]string{
		"MODULE.bazel": "", "BUILD": "",
		"a.bzl": "def pad(x):\n    return x\n\ndef lines(x):\n    return [pad(x)]\n\ndef other(x):\n    return x\n",
		"b.bzl": "load(\":a.bzl\", \"pad\")\n\ndef _impl(ctx):\n    return pad(ctx)\n",
		"c.bzl": "def pad(x):\n    return x\n\ndef _impl(ctx):\n    return pad(ctx)\n",
	} {
		if err := os.WriteFile(filepath.Join(root, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	ws, err := Load(t.Context(), root, LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(ws.Named("pad"), func(d *Definition) bool { return strings.HasSuffix(d.File, "a.bzl") })
	if functions, files := ws.Callers(ws.Named("pad")[i], 9); functions != 2 || files != 2 {
		t.Errorf("pad is called by %d functions in %d files, want 2 and 2", functions, files)
	}
	if functions, files := ws.Callers(ws.Named("other")[0], 9); functions != 0 || files != 0 {
		t.Errorf("other is called by %d functions in %d files", functions, files)
	}
}
