// SPDX-License-Identifier: Apache-2.0

// Package realtest reads heap dumps that a real Bazel leaves when it runs out
// of memory, with package heap. It has tests only; they need a Bazel and a JDK.
// `make test` (build tag e2e) makes three crashes of each kind, `make test-slow`
// ten.
//
// Which thread an OutOfMemoryError strikes first is chance, and the JVM dumps
// for the first one. So each dump is of one of these, and for each the right
// answer is fixed (answers_test.go):
//
//   - The failing thread runs Starlark: the guilty function is first, with line,
//     target, variables, and its owner holds most.
//   - It does not (it is the JVM's that tells of collections, say): the failing
//     thread is named, and all the rest holds just the same of the thread that
//     runs Starlark.
//   - The thread that runs Starlark had failed as well, and is unwinding: it is
//     said to, the function is first with line and target, and its variables
//     with what they held, though that is garbage by now; where most of the
//     memory is, the dump says that the heap was let go, and of the owners
//     nothing is asked.
//   - It has unwound, and neither the function's frame nor its memory is left:
//     the dump says that the heap was let go and who failed. Such a dump is no
//     crash of its kind; another one is made.
package realtest
