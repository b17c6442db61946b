// SPDX-License-Identifier: Apache-2.0

package attribution

import (
	"strings"
	"testing"

	"example.invalid/starlark-memls/attribution/observe"
	"example.invalid/starlark-memls/internal/bazel/console"
)

// Of a death that was not Java's heap's no function is accused, and no advice
// speaks of -Xmx or heap dumps as if it were.
func TestOtherDeaths(t *testing.T) {
	t.Parallel()
	ws := workspace(t, nil)
	frame := console.StarlarkFrame{Function: "traverse_impl", File: ws.Root() + "/memory/eat.bzl", Line: 5}
	for _, c := range []struct {
		cause    console.Cause
		suspects bool
		cure     string
	}{
		{console.Metaspace, false, "MaxMetaspaceSize"},
		{console.DirectMemory, false, "MaxDirectMemorySize"},
		{console.NativeMemory, false, "ulimit"},
		{console.MachineMemory, false, "makes it worse"},
		{console.ArraySize, true, "does not help"},
		{console.InternalError, true, "the frames"},
		{console.StackOverflow, true, "does not help"},
	} {
		o := stacked("a", frame)
		o.Crashes[0].Cause = c.cause
		r := conclude(t, ws, o)
		if got := len(r.Suspects) > 0; got != c.suspects {
			t.Errorf("%s: suspects %v", c.cause, names(r))
		}
		for _, s := range r.Suspects {
			if s.Verdict != "" {
				t.Errorf("%s: %s is %q of filling the heap", c.cause, s.Name, s.Verdict)
			}
		}
		advice := strings.Join(r.Surer, "\n")
		if !strings.Contains(advice, c.cure) || strings.Contains(advice, "HeapDumpOnOutOfMemoryError") || strings.Contains(advice, "higher limit") {
			t.Errorf("%s: advice %q", c.cause, advice)
		}
		if r.Crashes[0].Death.What == "" {
			t.Errorf("%s: not said what it died of", c.cause)
		}
	}
}

// What came after Starlark accuses no function of it of having been running.
func TestStarlarkHadEnded(t *testing.T) {
	t.Parallel()
	ws := workspace(t, nil)
	query := []console.JavaFrame{
		{Method: "java.util.Arrays.copyOf"},
		{Method: "net.starlark.java.eval.Printer.repr"},
		{Method: "com.google.devtools.build.lib.query2.cquery.StarlarkOutputFormatterCallback.processOutput"},
	}
	lockFile := []console.JavaFrame{
		{Method: "com.google.gson.stream.JsonWriter.string"},
		{Method: "com.google.devtools.build.lib.bazel.bzlmod.BazelLockFileModule.updateLockfile"},
	}
	for _, c := range []struct {
		name  string
		java  []console.JavaFrame
		after bool
		doing string
	}{
		{"a query's result", query, false, "cquery printed"},
		{"the lock file", lockFile, false, "lock file"},
		{"after the build", nil, true, "completed"},
	} {
		o := crashedAt("a", c.java, "traverse_impl")
		o.Crashes[0].AfterSuccess = c.after
		r := conclude(t, ws, o)
		if d := r.Crashes[0].Death; !d.Ended || !strings.Contains(d.Doing, c.doing) {
			t.Errorf("%s: %+v", c.name, d)
		}
		if r.Crashes[0].Inferred != nil {
			t.Errorf("%s: %s was running, it says", c.name, r.Crashes[0].Inferred.Name)
		}
		for _, s := range r.Suspects {
			if s.Verdict == Likely || s.Verdict == Sure || strings.Contains(strings.Join(s.Reasons, " "), "running in") {
				t.Errorf("%s: %s is %s: %v", c.name, s.Name, s.Verdict, s.Reasons)
			}
		}
	}
}

// Where the error had left a function before the stack was printed, what the
// innermost printed line calls comes before the caller, and nobody is likely.
func TestTheFunctionThatLeft(t *testing.T) {
	t.Parallel()
	ws := workspace(t, nil)
	eat := ws.Root() + "/memory/eat.bzl"
	for _, c := range []struct {
		name string
		java []console.JavaFrame
		line int
		want string // the first suspect
	}{
		{"4 to 8", []console.JavaFrame{{Method: "net.starlark.java.eval.Starlark.fastcall"}, {Method: "net.starlark.java.eval.Eval.evalCall"},
			{Method: "net.starlark.java.eval.StarlarkFunction.fastcall"}}, 5, "describe"},
		{"9", []console.JavaFrame{{Method: "net.starlark.java.eval.Starlark.positionalOnlyCall"}, {Method: "net.starlark.java.eval.Eval.evalPositionalOnlyCall"},
			{Method: "net.starlark.java.eval.StarlarkFunction$ArgumentProcessor.call"}}, 5, "describe"},
		{"9, with names", []console.JavaFrame{{Method: "net.starlark.java.eval.Starlark.callViaArgumentProcessor"}}, 5, "describe"},
		{"no frames", nil, 5, "describe"},
		{"in the body", []console.JavaFrame{{Method: "java.util.Arrays.copyOf"}, {Method: "net.starlark.java.eval.Eval.evalList"},
			{Method: "net.starlark.java.eval.StarlarkFunction.fastcall"}}, 5, "traverse_impl"},
		{"a line that calls builtins alone", nil, 6, "traverse_impl"},
	} {
		o := stacked("a", console.StarlarkFrame{Function: "traverse_impl", File: eat, Line: c.line})
		o.Crashes[0].Java = c.java
		again := *o
		again.Summary.Path = "b"
		r := conclude(t, ws, o, &again)
		if len(r.Suspects) == 0 || r.Suspects[0].Name != c.want {
			t.Errorf("%s: suspects %v, want %s first", c.name, names(r), c.want)
			continue
		}
		left := c.want == "describe"
		if got := r.Suspects[0].Verdict == Likely; got == left {
			t.Errorf("%s: %s is %s", c.name, c.want, r.Suspects[0].Verdict)
		}
		if got := strings.Contains(strings.Join(r.Suspects[0].Blind, " "), "frame was not printed"); got != left {
			t.Errorf("%s: doubts %v", c.name, r.Suspects[0].Blind)
		}
	}
}

// One stack is not "most crashes": who asked for the last byte need not be who
// fills the heap, least of all where Bazel's own code under a builtin asked.
func TestOneStack(t *testing.T) {
	t.Parallel()
	ws := workspace(t, nil)
	o := stacked("a", console.StarlarkFrame{Function: "write", File: console.Builtin}, console.StarlarkFrame{Function: "traverse_impl", File: ws.Root() + "/memory/eat.bzl", Line: 6})
	o.Crashes[0].Java = []console.JavaFrame{
		{Method: "java.util.Arrays.copyOf"},
		{Method: "com.google.common.collect.ObjectArrays.arraysCopyOf"},
		{Method: "com.google.devtools.build.lib.rules.java.JavaPluginInfo.merge"},
		{Method: "net.starlark.java.eval.BuiltinFunction.fastcall"},
	}
	one := conclude(t, ws, o).Suspects[0]
	if words := strings.Join(one.Blind, " "); one.Verdict != Possible || !strings.Contains(words, "last byte") || !strings.Contains(words, "JavaPluginInfo.merge") {
		t.Errorf("one stack: %s, %v", one.Verdict, one.Blind)
	}
	again := *o
	again.Summary.Path = "b"
	if two := conclude(t, ws, o, &again).Suspects[0]; two.Verdict != Likely {
		t.Errorf("two stacks: %s", two.Verdict)
	}
}

// TestWhileLoading: what the display showed tells the phase of a death that left
// no stack, and names no target.
func TestWhileLoading(t *testing.T) {
	t.Parallel()
	printer := []console.JavaFrame{{Method: "com.google.devtools.build.lib.syntax.Printer$BasePrinter.printList"}}
	for _, c := range []struct {
		what, target string
		java         []console.JavaFrame
		loading      bool
		want         string
	}{
		{"nothing else", "", nil, true, "packages were loaded"},
		{"a value printed", "", printer, true, "packages were loaded, and Starlark was printing a value"},
		{"a target was evaluated", "//a:b", nil, true, ""},
		{"later", "", printer, false, "Starlark was printing a value"},
	} {
		o := crashedAt("a", c.java, "traverse_impl")
		o.Crashes[0].LoadingPackages, o.Crashes[0].Target = c.loading, c.target
		if got := conclude(t, workspace(t, nil), o).Crashes[0].Death.Doing; got != c.want {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
}

// TestAdviceInOrderOfCost: what lies there comes before what takes another
// build, and a kill is not said to leave a heap dump.
func TestAdviceInOrderOfCost(t *testing.T) {
	t.Parallel()
	o := stacked("a", console.StarlarkFrame{Function: "traverse_impl", File: "/gone/eat.bzl", Line: 5})
	o.Crashes[0].HeapDump = "/o/java_pid1.hprof"
	order := []string{"/o/java_pid1.hprof", "trace profile", "a build that passes", "another crash"}
	at := 0
	for _, advice := range conclude(t, workspace(t, nil), o).Surer {
		if at < len(order) && strings.Contains(advice, order[at]) {
			at++
		}
	}
	if at < len(order) {
		t.Errorf("%q does not come in its turn", order[at])
	}
	o.Crashes[0] = observe.CrashFacts{Cause: console.ServerDied, Message: "killed by signal 9: Killed  bazel build //..."}
	advice := strings.Join(conclude(t, workspace(t, nil), o).Surer, "\n")
	if strings.Contains(advice, "arm") || !strings.Contains(advice, "lower -Xmx") {
		t.Error(advice)
	}
}
