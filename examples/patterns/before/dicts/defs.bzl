"""As it is written too often."""

VersionsInfo = provider(fields = ["versions"])

def _versions(ctx):
    return {"%s:%d" % (ctx.label.name, i): "1.%d" % i for i in range(20)}

def _dicts_impl(ctx):
    versions = _versions(ctx)
    for dep in ctx.attr.deps:
        versions.update(dep[VersionsInfo].versions)
    return [VersionsInfo(versions = versions)]

dicts = rule(implementation = _dicts_impl, attrs = {"deps": attr.label_list()})
