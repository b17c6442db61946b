"""As it is written too often."""

def _line(i):
    # Bazel compresses contents; these are not worth it.
    return "%d%d%d" % (hash("a%d" % i), hash("b%d" % i), hash("c%d" % i))

def _contents_impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name + ".txt")
    ctx.actions.write(out, "\n".join([_line(i) for i in range(1000)]) + ctx.label.name)
    return [DefaultInfo(files = depset([out]))]

contents = rule(implementation = _contents_impl, attrs = {"deps": attr.label_list()})
