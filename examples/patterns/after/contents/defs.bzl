"""As it should be."""

def _line(i):
    # Bazel compresses contents; these are not worth it.
    return "%d%d%d" % (hash("a%d" % i), hash("b%d" % i), hash("c%d" % i))

def _lines(n):
    return [_line(i) for i in range(n)]

def _contents_impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name + ".txt")
    args = ctx.actions.args()
    args.add_all([1000], map_each = _lines)
    args.add(ctx.label.name)
    ctx.actions.write(out, args)
    return [DefaultInfo(files = depset([out]))]

contents = rule(implementation = _contents_impl, attrs = {"deps": attr.label_list()})
