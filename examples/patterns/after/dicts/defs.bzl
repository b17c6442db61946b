"""As it should be."""

VersionsInfo = provider(fields = ["versions"])

def _versions(ctx):
    return {"%s:%d" % (ctx.label.name, i): "1.%d" % i for i in range(20)}

def _dicts_impl(ctx):
    return [VersionsInfo(versions = depset(_versions(ctx).items(), transitive = [dep[VersionsInfo].versions for dep in ctx.attr.deps]))]

dicts = rule(implementation = _dicts_impl, attrs = {"deps": attr.label_list()})
