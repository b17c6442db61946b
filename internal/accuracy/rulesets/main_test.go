// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"testing"

	"example.invalid/starlark-memls/starlark"
)

// TestOracle: the oracle finds a link of the file, one through a load, one
// through a name that is handed on, and leaves alone what it cannot know.
func TestOracle(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for name, text := range map[string]string{
		"MODULE.bazel": "module(name = \"shop\")\n",
		"a/BUILD":      "",
		"a/own.bzl":    "def _impl(ctx):\n    return []\n\nown = rule(implementation = _impl)\n",
		"a/hands.bzl":  "load(\"//a/deep:made.bzl\", _made = \"made\")\n\nmade = _made\n",
		"a/deep/made.bzl": "def made(ctx):\n    return []\n\ndef twice(ctx):\n    pass\n\ndef twice(ctx):\n    pass\n\n" +
			"unsure = rule(implementation = twice)\n",
		"a/loaded.bzl": "load(\":deep/made.bzl\", \"made\")\n\nloaded = rule(implementation = made)\n\nelsewhere = rule(implementation = gone)\n",
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	ws, err := starlark.Load(t.Context(), root, starlark.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := checkLinks(ws), (linkCount{right: 2}); got != want {
		t.Errorf("links: %+v, want %+v", got, want)
	}
	frames, err := checkFrames(t.Context(), ws, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if frames.own == 0 || frames.ownRight != frames.own || frames.foreign == 0 || frames.foreignHere != 0 {
		t.Errorf("frames: %+v", frames)
	}
}
