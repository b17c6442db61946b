"""Exhausts the heap in the execution phase, when no Starlark runs any more.

The analysis ends with its providers holding much; the actions then need
little by that measure, and do not get it: `Args` are expanded only when the
file is written, in Java alone. What is to blame is `keep_impl`, and nothing
but the owner of the memory says so.
"""

KeptInfo = provider(
    doc = "What a target will not let go.",
    fields = {"rows": "list of structs: the memory"},
)

def keep_impl(ctx):
    rows = [
        struct(number = number, text = "%s row %d %s" % (ctx.label, number, "-" * 200))
        for number in range(ctx.attr.rows)
    ]
    out = ctx.actions.declare_file(ctx.label.name + ".expanded")
    args = ctx.actions.args()
    args.add_all(range(ctx.attr.expanded), format_each = "%s" + "=" * 1000)
    ctx.actions.write(out, args)
    return [
        DefaultInfo(files = depset([out])),
        KeptInfo(rows = rows),
    ]

keep = rule(
    implementation = keep_impl,
    attrs = {
        "expanded": attr.int(default = 100000),
        "rows": attr.int(default = 35000),
    },
)
