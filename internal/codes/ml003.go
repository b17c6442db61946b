// SPDX-License-Identifier: Apache-2.0

package codes

var ml003 = Documentation{
	Code:     "ML003",
	Title:    "This function holds or allocates much memory",
	Since:    "0.1",
	Severity: Information,
	Text: `
Retained bytes are what a heap dump shows to be alive because of this function; allocated bytes are what ` + "`dump --skylark_memory`" + ` counted while it ran, most of it perhaps garbage since. The allocation profile takes one sample every 256 KiB and cannot see the concatenation of strings: a small number in it proves nothing.

The thresholds are ` + "`starlarkMemls.diagnostics.hotspot.minRetainedBytes`" + ` and ` + "`….minAllocatedBytes`" + `.`,
	Before: `
def _files_impl(ctx):
    files = []
    for dep in ctx.attr.deps:
        files += dep[Files].all.to_list()
    return [Files(all = depset(files))]`,
	After: `
def _files_impl(ctx):
    return [Files(all = depset(transitive = [dep[Files].all for dep in ctx.attr.deps]))]`,
}
