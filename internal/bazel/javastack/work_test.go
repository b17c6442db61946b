// SPDX-License-Identifier: Apache-2.0

package javastack

import "testing"

func stackOf(methods ...string) (frames []Frame) {
	for _, m := range methods {
		frames = append(frames, Frame{Method: m})
	}
	return frames
}

const (
	evalPackage = "net.starlark.java.eval."
	libPackage  = "com.google.devtools.build.lib."
)

// What Bazel did after Starlark, and that nothing is said where Starlark ran.
func TestOutside(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		frames []Frame
		want   string
	}{
		{"nothing", nil, ""},
		{"Java's own", stackOf("java.util.Arrays.copyOf", "java.lang.Thread.run"), ""},
		{"cquery prints", stackOf("java.util.Arrays.copyOf", evalPackage+"Printer.repr", libPackage+"packages.StructImpl.repr", evalPackage+"Starlark.str",
			libPackage+"query2.cquery.StarlarkOutputFormatterCallback.processOutput", libPackage+"runtime.commands.CqueryCommand.exec"), "cquery printed its result with --output=starlark"},
		{"cquery evaluates its expression", stackOf("java.util.Arrays.copyOf", evalPackage+"Eval.eval", evalPackage+"StarlarkFunction.fastcall",
			libPackage+"query2.cquery.StarlarkOutputFormatterCallback.processOutput"), ""},
		{"query", stackOf(libPackage+"query2.query.output.ProtoOutputFormatter.x", libPackage+"runtime.commands.QueryCommand.exec"), "query printed its result"},
		{"a parameter file", stackOf("java.io.ByteArrayOutputStream.hugeCapacity", libPackage+"actions.ParameterFile.writeContent", libPackage+"remote.util.DigestUtil.compute"), "a parameter file of an action was written"},
		{"a lock file", stackOf("com.google.gson.stream.JsonWriter.string", libPackage+"bazel.bzlmod.BazelLockFileModule.updateLockfile"), "the lock file MODULE.bazel.lock was read or written"},
		{"an upload", stackOf("com.google.protobuf.ByteString.copyFrom", libPackage+"buildeventservice.BuildEventServiceUploader.enqueueEvent"), "build events were uploaded"},
		{"a rule's implementation", stackOf("java.util.Arrays.copyOf", evalPackage+"Eval.execFor", evalPackage+"StarlarkFunction$ArgumentProcessor.call", libPackage+"analysis.starlark.StarlarkRuleConfiguredTargetUtil.buildRule"), ""},
		{"the args of a rule under way", stackOf(libPackage+"analysis.actions.CustomCommandLine.expand", evalPackage+"BuiltinFunction.fastcall"), ""},
	} {
		w, ok := Outside(c.frames)
		if w.Doing != c.want || ok != (c.want != "") {
			t.Errorf("%s: %q, %v, want %q", c.name, w.Doing, ok, c.want)
		}
	}
}

// The interpreter's calls, by the names of three generations.
func TestLeavingAndDepth(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		frames  []Frame
		leaving bool
		depth   int
	}{
		{"nothing", nil, false, 0},
		{"4 to 8, running", stackOf(evalPackage+"Eval.evalList", evalPackage+"StarlarkFunction.fastcall", evalPackage+"Starlark.fastcall"), false, 1},
		{"4 to 8, left", stackOf(evalPackage+"Starlark.fastcall", evalPackage+"Eval.evalCall", evalPackage+"StarlarkFunction.fastcall", evalPackage+"Starlark.fastcall"), true, 1},
		{"9, running", stackOf(evalPackage+"Eval.evalDict", evalPackage+"StarlarkFunction$ArgumentProcessor.call", evalPackage+"StarlarkCallable.positionalOnlyCall", evalPackage+"Starlark.positionalOnlyCall"), false, 1},
		{"9, left", stackOf(evalPackage+"Starlark.positionalOnlyCall", evalPackage+"Eval.evalPositionalOnlyCall", evalPackage+"StarlarkFunction$ArgumentProcessor.call", evalPackage+"Starlark.positionalOnlyCall"), true, 1},
		{"9, left, by names", stackOf(evalPackage+"Starlark.callViaArgumentProcessor", evalPackage+"Eval.evalCall", evalPackage+"StarlarkFunction$ArgumentProcessor.call"), true, 1},
		{"2, running", stackOf("com.google.devtools.build.lib.syntax.Eval.exec", "com.google.devtools.build.lib.syntax.UserDefinedFunction.call"), false, 1},
		{"a builtin's call", stackOf(evalPackage+"BuiltinFunction.fastcall", evalPackage+"Starlark.fastcall", evalPackage+"StarlarkFunction.fastcall"), false, 1},
	} {
		if l, d := Leaving(c.frames), Depth(c.frames); l != c.leaving || d != c.depth {
			t.Errorf("%s: leaving %v, depth %d; want %v, %d", c.name, l, d, c.leaving, c.depth)
		}
	}
}
