"""The implementation is thin: a helper fills a list of its own."""

def _pairs(name, n):
    table = []
    for i in range(n):
        table.append(("%s/%d" % (name, i), {"index": i, "text": "t%d" % i}))
    return table

def _docs_impl(ctx):
    table = _pairs(ctx.label.name, ctx.attr.n)
    out = ctx.actions.declare_file(ctx.label.name + ".txt")
    ctx.actions.write(out, str(len(table)))
    return [DefaultInfo(files = depset([out]))]

docs = rule(implementation = _docs_impl, attrs = {"n": attr.int()})
