// SPDX-License-Identifier: Apache-2.0

package javastack

import "testing"

func TestStatementAndPhase(t *testing.T) {
	t.Parallel()
	frames := func(methods ...string) []Frame {
		var out []Frame
		for _, m := range methods {
			out = append(out, Frame{Method: m})
		}
		return out
	}
	const eval, old, lib = "net.starlark.java.eval.", "com.google.devtools.build.lib.syntax.", "com.google.devtools.build.lib."
	for _, c := range []struct {
		frames           []Frame
		statement, phase string
	}{
		{nil, "", ""},
		{frames("java.lang.Thread.run"), "", ""},
		{frames(eval+"Eval.eval", eval+"Eval.exec", eval+"StarlarkFunction.positionalOnlyCall", lib+"skyframe.BzlLoadFunction.compute"), "expression statement", "loading"},
		{frames("java.util.ArrayList.grow", eval+"StarlarkList.concat", eval+"EvalUtils.binaryOp", eval+"Eval.inplaceBinaryOp", eval+"Eval.execAugmentedAssignment", eval+"StarlarkFunction.fastcall"),
			"augmented assignment, concatenating lists", ""},
		{frames("java.util.Arrays.copyOf", eval+"StarlarkList.addElement", eval+"Eval$1.execClauses", eval+"Eval.evalComprehension", eval+"Eval.eval", eval+"Eval.execAssignment", eval+"StarlarkFunction.fastcall"),
			"assignment, in a comprehension", ""},
		{frames(eval+"Eval.evalDict", eval+"Eval.execReturn", eval+"StarlarkFunction.call", lib+"analysis.starlark.StarlarkRuleConfiguredTargetUtil.buildRule"), "return statement, building a dict", "analysis (rule)"},
		{frames(lib+"cmdline.Label.toString", lib+"analysis.starlark.StarlarkActionFactory.declareFile", eval+"MethodDescriptor.call", eval+"BuiltinFunction.fastcall", eval+"Starlark.fastcall", eval+"Eval.evalCall", eval+"Eval.execAssignment", eval+"StarlarkFunction.fastcall"),
			"assignment, in a call of ctx.actions.declare_file", "analysis"},
		{frames(old+"EvalUtils.plus", old+"EvalUtils.binaryOp", old+"Eval.execAugmentedAssignment", old+"Eval.execFor", old+"StarlarkFunction.fastcall", lib+"analysis.skylark.SkylarkRuleConfiguredTargetUtil.buildRule"),
			"augmented assignment, in an operator, in a for loop", "analysis (rule)"},
		{frames(lib+"util.Fingerprint.addString", lib+"analysis.actions.FileWriteAction.computeKey", lib+"skyframe.ActionExecutionFunction.compute"), "computing the key of a FileWriteAction", "execution"},
		{frames(lib + "runtime.GcThrashingDetector.handle"), "", "other"},
		{frames(lib+"query2.query.output.ProtoOutputFormatter.x", lib+"runtime.commands.QueryCommand.exec"), "", "query"},
	} {
		if got := Statement(c.frames); got != c.statement {
			t.Errorf("Statement(%v) = %q, want %q", c.frames, got, c.statement)
		}
		if got := Phase(c.frames); got != c.phase {
			t.Errorf("Phase(%v) = %q, want %q", c.frames, got, c.phase)
		}
	}
}
