"""Exhausts the heap by lists, on all threads at once.

Many targets, each growing a list of small lists: there is no large allocation
that one thread alone would fail at, so every evaluator thread does.
"""

def rows_impl(ctx):
    rows = []
    for number in range(ctx.attr.rows):
        rows += [[number, str(number)]]
    out = ctx.actions.declare_file(ctx.label.name + ".rows")
    ctx.actions.write(out, "%d\n" % len(rows))
    return [DefaultInfo(files = depset([out]))]

rows = rule(
    implementation = rows_impl,
    attrs = {"rows": attr.int(default = 2000000)},
)
