// SPDX-License-Identifier: Apache-2.0

// Package flow follows values through the .bzl files of a workspace, across
// calls, returns, provider fields, attributes, comprehensions and closures, and
// says what is kept, what it is made of and how much of it there is.
//
// It is an abstract interpreter. Starlark has no recursion and no unbounded
// loop, so a rule's implementation can be run with values that stand for what
// is not known: calls are followed into the function called, with the arguments
// of that call; both branches of a condition are taken and joined; a loop's body
// runs twice at most, so that what one turn leaves is seen by the next.
//
// A Value is what an expression may be:
//
//   - a Path, what is read from outside: ctx.attr.deps[][LibInfo].srcs;
//   - an Object, made by an expression of these sources: a list, a string, a
//     depset, an instance of a provider. It knows what it holds and what it was
//     filled from, each with the way (Alias, Held, Shared, Copied);
//   - a Function, or a constant.
//
// Sources asks a value for the paths that it was made from, however many
// objects lie between. Where the field of a provider is made from the same
// field of a dependency (or of one that is made from it in turn), it holds the
// transitive closure: Program.Transitive. Shared, as depsets do it, this costs
// one node a target; copied, it costs the closure in every target.
//
// Amounts are estimates from what the source says as constants (range(1000),
// "x" * 64): a loop whose length is not known counts as one turn, and so does a
// branch in it. So they are low, and never say that something is small.
//
// Roots run at once, in shards whose size does not depend on the machine, so
// that the same is found everywhere. In a shard the result of a helper is kept
// for the next call with the same arguments.
//
// What is not understood is unknown, which no check takes for something. The
// work per function is bounded (maxSteps); past it the rest of that function's
// body is not followed.
package flow
