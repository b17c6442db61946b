// SPDX-License-Identifier: Apache-2.0

// Package console reads what Bazel prints: the terminal's text, command.log,
// the server's jvm.out and java.log, saved by hand or by a CI system.
//
// Out of it come the crashes (cause, target, aspect, Starlark and Java
// frames), ordinary Starlark tracebacks, the instantiation stacks of `bazel
// query --output=build`, and how the build ended. The reader has no opinion
// and knows no sources; paths and labels are as printed.
//
// The texts are those of Bazel 0.29 to 9, and have these sources: BugReport,
// Crash and CrashContext (com.google.devtools.build.lib.bugreport), Starlark's
// UncheckedEvalError and UncheckedEvalException and EvalException
// (net.starlark.java.eval), RetainedHeapLimiter, GcThrashingDetector and
// GcChurningDetector (lib.runtime), AbstractParallelEvaluator (skyframe) and
// the client's blaze.cc.
//
// A line reaches the parsers through a chain that undoes what terminals and CI
// systems do to it: UTF-16 (PowerShell's redirection), line ends, cursor
// control and colours, timestamps in front. See lines.go.
package console
