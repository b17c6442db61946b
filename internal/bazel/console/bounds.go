// SPDX-License-Identifier: Apache-2.0

package console

// A console may hold anything, and a reader that an editor runs unasked must
// not be at its mercy. These bounds are far above what Bazel prints: a Java
// stack has at most 1024 frames (-XX:MaxJavaStackTraceDepth), a Starlark stack
// is as deep as the nesting of calls, which cannot recurse.
const (
	// maxLine bounds one line. 4.x prints a whole Starlark stack on one.
	maxLine = 4 << 20
	// maxFrames bounds one stack, per throwable.
	maxFrames = 8192
	// maxDepth is where a stack of Java's is cut: 1000 frames in a failure
	// detail, 1024 in the JVM.
	maxDepth = 1000
	// maxThrowables bounds a chain of causes.
	maxThrowables = 64
	// maxCrashes, maxInstantiations and maxForeign bound the facts of one log.
	maxCrashes        = 1000
	maxInstantiations = 200_000
	maxForeign        = 1000
	// maxInterruption is how many lines of something else may stand inside
	// a stack (progress, other processes' output) before it counts as over.
	maxInterruption = 64

	// lastWords is how many lines may stand between what the JVM says of a
	// death and what Bazel or its client says.
	lastWords = 64
	// maxMessage bounds a message put together from wrapped lines.
	maxMessage = 1 << 20
)
