"""A rule of another repository: counts the files of its sources."""

TallyInfo = provider(
    doc = "How many files were counted.",
    fields = {"count": "int: the number of files"},
)

def _impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name + ".count")
    ctx.actions.write(out, "%d\n" % len(ctx.files.srcs))
    return [
        DefaultInfo(files = depset([out])),
        TallyInfo(count = len(ctx.files.srcs)),
    ]

tally = rule(
    implementation = _impl,
    attrs = {"srcs": attr.label_list(allow_files = True)},
)
