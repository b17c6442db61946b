"""As it should be."""

SourcesInfo = provider(fields = ["all", "listed"])

def _sources(ctx):
    return ["%s.source.%d" % (ctx.label.name, i) for i in range(5)]

def _flattened_impl(ctx):
    all = depset(_sources(ctx), transitive = [dep[SourcesInfo].all for dep in ctx.attr.deps])
    return [SourcesInfo(all = all, listed = all)]

flattened = rule(implementation = _flattened_impl, attrs = {"deps": attr.label_list()})
