"""As it should be."""

PathsInfo = provider(fields = ["paths"])

def _paths(ctx):
    return ["%s/path/%d" % (ctx.label.name, i) for i in range(6)]

def _tuples_impl(ctx):
    return [PathsInfo(paths = depset(_paths(ctx), transitive = [dep[PathsInfo].paths for dep in ctx.attr.deps]))]

tuples = rule(implementation = _tuples_impl, attrs = {"deps": attr.label_list()})
