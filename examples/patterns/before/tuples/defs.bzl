"""As it is written too often."""

PathsInfo = provider(fields = ["paths"])

def _paths(ctx):
    return ["%s/path/%d" % (ctx.label.name, i) for i in range(6)]

def _tuples_impl(ctx):
    paths = tuple(_paths(ctx))
    for dep in ctx.attr.deps:
        paths = paths + dep[PathsInfo].paths
    return [PathsInfo(paths = paths)]

tuples = rule(implementation = _tuples_impl, attrs = {"deps": attr.label_list()})
