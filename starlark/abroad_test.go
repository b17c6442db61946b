// SPDX-License-Identifier: Apache-2.0

package starlark

import (
	"os"
	"path/filepath"
	"testing"
)

// TestNamedAbroad finds functions of repositories that Bazel fetched, through
// what the workspace loads from them and what that loads, and counts the targets
// of their rules; what nothing here leads to is not read.
func TestNamedAbroad(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	for file, text := range map[string]string{
		"ws/WORKSPACE":                          "workspace(name = \"shop\")\n",
		"ws/app/BUILD":                          "load(\"@toolbox//:defs.bzl\", \"box\")\n\n[box(name = \"b%d\" % i) for i in range(7)]\n",
		"base/external/toolbox/WORKSPACE":       "",
		"base/external/toolbox/BUILD":           "",
		"base/external/toolbox/defs.bzl":        "load(\"//private:box.bzl\", \"box_impl\")\n\nbox = rule(implementation = box_impl)\n",
		"base/external/toolbox/private/BUILD":   "",
		"base/external/toolbox/private/box.bzl": "def box_impl(ctx):\n    return []\n",
		"base/external/elsewhere/WORKSPACE":     "",
		"base/external/elsewhere/BUILD":         "",
		"base/external/elsewhere/unasked.bzl":   "def box_impl(ctx):\n    return []\n",
	} {
		path := filepath.Join(top, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	ws, err := Load(t.Context(), filepath.Join(top, "ws"), LoadOptions{OutputBase: filepath.Join(top, "base")})
	if err != nil {
		t.Fatal(err)
	}
	found := ws.NamedAbroad("box_impl")
	if len(found) != 1 || filepath.Base(found[0].File) != "box.bzl" {
		t.Fatalf("found %v", found)
	}
	if uses := found[0].Uses; len(uses) != 1 || uses[0].Name != "box" {
		t.Fatalf("it is used as %v", uses)
	}
	if n := ws.Instances(found[0].Uses[0], 100); n != 7 {
		t.Errorf("box has %d targets, want 7", n)
	}
	if n := ws.UnreadTargets(100); n != 0 {
		t.Errorf("%d targets are not read", n)
	}
	without, err := Load(t.Context(), filepath.Join(top, "ws"), LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if found := without.NamedAbroad("box_impl"); len(found) != 0 {
		t.Errorf("without an output base: %v", found)
	}
}
