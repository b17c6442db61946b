// SPDX-License-Identifier: Apache-2.0

package join

import (
	"testing"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/bazel/console"
	"example.invalid/starlark-memls/starlark"
)

func javaStack(methods ...string) (frames []console.JavaFrame) {
	for _, m := range methods {
		frames = append(frames, console.JavaFrame{Method: m})
	}
	return frames
}

// Frames of Bazel 4.2.3, innermost first, as consoles of the recorded corpus
// have them.
func TestEntryDepth(t *testing.T) {
	t.Parallel()
	const (
		call     = "net.starlark.java.eval.StarlarkFunction.fastcall"
		invoke   = "net.starlark.java.eval.Starlark.fastcall"
		body     = "net.starlark.java.eval.Eval.execFunctionBody"
		callback = "com.google.devtools.build.lib.packages.StarlarkCallbackHelper.call"
		load     = "com.google.devtools.build.lib.skyframe.BzlLoadFunction.executeBzlFile"
		build    = "com.google.devtools.build.lib.packages.PackageFactory.evaluateBuildFile"
	)
	for _, c := range []struct {
		name  string
		java  []console.JavaFrame
		kind  starlark.Kind
		depth int
	}{
		{"nothing", nil, "", 0},
		{"a file that is loaded", javaStack(body, call, invoke, load), starlark.Toplevel, 1},
		{"a macro", javaStack(body, call, invoke, body, call, invoke, build), starlark.Macro, 2},
		{"recording the end of a computed default's call", javaStack(invoke, callback, invoke, body, call, invoke, build), starlark.Macro, 2},
		{"no Starlark", javaStack("java.util.Arrays.copyOf", build), "", 0},
	} {
		if e := EntryOf(c.java); e.Kind != c.kind || e.Depth != c.depth {
			t.Errorf("%s: %s of depth %d, want %s of %d", c.name, e.Kind, e.Depth, c.kind, c.depth)
		}
	}
}

// A file's own code is entered by two doors: a BUILD file's when its package is
// created, another's when it is loaded.
func TestTheDoorToAFile(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind       starlark.Kind
		file       string
		fits, open bool
	}{
		{starlark.Toplevel, "/w/defs.bzl", true, true},
		{starlark.Toplevel, "/w/BUILD", false, true},
		{starlark.Macro, "/w/defs.bzl", false, true},
		{starlark.Macro, "/w/BUILD.bazel", true, true},
		{starlark.Rule, "/w/defs.bzl", false, false},
	} {
		e := Entry{Kind: c.kind}
		d := &starlark.Definition{Name: observe.Toplevel, Kind: starlark.Toplevel, File: c.file}
		if got := e.fits(&Subject{Name: observe.Toplevel, Definition: d}); got != c.fits {
			t.Errorf("%s by the entry of a %s: %v", c.file, c.kind, got)
		}
		if got := e.fits(&Subject{Name: observe.Toplevel, Candidates: []*starlark.Definition{d, d}}); got != c.open {
			t.Errorf("some file by the entry of a %s: %v", c.kind, got)
		}
	}
}

func TestEntryOf(t *testing.T) {
	t.Parallel()
	const (
		call = "net.starlark.java.eval.StarlarkFunction.fastcall"
		old  = "com.google.devtools.build.lib.syntax.UserDefinedFunction.call"
		lib  = "com.google.devtools.build.lib."
	)
	tests := []struct {
		name  string
		java  []string
		kind  starlark.Kind
		depth int
		extra func(Entry) bool
	}{
		{name: "nothing"},
		{name: "aspect", java: []string{call, lib + "skyframe.StarlarkAspectFactory.create"}, kind: starlark.Aspect, depth: 1},
		{name: "aspect of an old Bazel", java: []string{old, old, lib + "skyframe.SkylarkAspectFactory.create"}, kind: starlark.Aspect, depth: 2},
		{name: "rule", java: []string{call, call, call, lib + "analysis.starlark.StarlarkRuleConfiguredTargetUtil.buildRule"}, kind: starlark.Rule, depth: 3},
		{name: "a .bzl file", java: []string{call, lib + "skyframe.BzlLoadFunction.executeBzlFile"}, kind: starlark.Toplevel, depth: 1},
		{name: "no Starlark on the stack", java: []string{lib + "skyframe.AspectFunction.compute", lib + "skyframe.StarlarkAspectFactory.create"}},
		{name: "an action", java: []string{lib + "analysis.actions.FileWriteAction.computeKey", lib + "skyframe.ActionExecutionFunction.compute"},
			extra: func(e Entry) bool { return e.Executing && e.Writing }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var java []console.JavaFrame
			for _, m := range test.java {
				java = append(java, console.JavaFrame{Method: m})
			}
			e := EntryOf(java)
			if e.Kind != test.kind || e.Depth != test.depth || test.extra != nil && !test.extra(e) {
				t.Errorf("%+v", e)
			}
		})
	}
}
