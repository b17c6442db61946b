// SPDX-License-Identifier: Apache-2.0

package codes

var ml001 = Documentation{
	Code:     "ML001",
	Title:    "Bazel ran out of memory on this line",
	Since:    "0.1",
	Severity: Error,
	Text: `
The innermost Starlark frame of a thread that failed when the Bazel server died is on this line: what ran here asked for memory that was not there. The stack is with the finding, innermost frame first.

The line that fails is not always the one to blame: another function may hold the memory. Read the evidence of the function, and compare it with the other suspects, before changing it. Typical reasons are text built from all of a target's dependencies, ` + "`to_list()`" + ` on a depset at every level of the graph, and providers that hold what their dependencies' providers hold.

The finding is withdrawn when a later build passes.`,
	Before: `
def _describe_impl(target, ctx):
    lines = [str(target)] + [dep[Info].text for dep in ctx.rule.attr.deps]
    ctx.actions.write(out, "\n".join(lines))
    return [Info(text = "\n".join(lines))]`,
	After: `
def _describe_impl(target, ctx):
    lines = depset([str(target.label)], transitive = [dep[Info].lines for dep in ctx.rule.attr.deps])
    ctx.actions.write(out, ctx.actions.args().add_all(lines))
    return [Info(lines = lines)]`,
}
