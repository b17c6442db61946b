// SPDX-License-Identifier: Apache-2.0

package codes

var ml004 = Documentation{
	Code:     "ML004",
	Title:    "The garbage collector runs unusually often in this function",
	Since:    "0.1",
	Severity: Information,
	Text: `
Garbage collections overlap this function's own running time at a rate well above that of the rest of the build. It allocates fast, even if nothing of it stays: near the memory limit this is where the build's time goes, and where it dies.

Look for text and lists that grow by ` + "`+`" + ` in a loop, ` + "`to_list()`" + ` in a loop, and formatting that could be left to ` + "`ctx.actions.args()`" + `. The thresholds are ` + "`starlarkMemls.diagnostics.gcPressure.minRateRatio`" + ` and ` + "`….minEvents`" + `.`,
	Before: `
text = ""
for f in files.to_list():
    text += f.path + "\n"
ctx.actions.write(out, text)`,
	After: `
args = ctx.actions.args()
args.set_param_file_format("multiline")
args.add_all(files)
ctx.actions.write(out, args)`,
}
