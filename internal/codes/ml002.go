// SPDX-License-Identifier: Apache-2.0

package codes

var ml002 = Documentation{
	Code:     "ML002",
	Title:    "Bazel ran out of memory, most likely in this function",
	Since:    "0.1",
	Severity: Warning,
	Text: `
No Starlark stack of the crash was found (Bazel prints one from 5.0 on, and not for every death), so no line can be named. The trace profile shows that this function was running when the server died, or just before, and more often than chance explains. The message says from what this was inferred. A profile names no file. Of several functions of one name, what was around and inside of the calls and how many targets each has tell how probable each is: one that is likelier than all others together is marked alone, with its probability; else each is, up to eight, and more are told by their lenses and the report only.

To be certain, let the next crash leave a stack: a newer Bazel, ` + "`--heap_dump_on_oom`" + `, or ` + "`--host_jvm_args=-XX:+HeapDumpOnOutOfMemoryError`" + `; and several crashes instead of one.`,
}
