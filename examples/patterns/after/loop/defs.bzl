"""As it should be."""

WalkedInfo = provider(fields = ["walked"])

def _loop_impl(ctx):
    return [WalkedInfo(walked = depset(["%s %d" % (ctx.label.name, i) for i in range(1000)]))]

loop = rule(implementation = _loop_impl, attrs = {"deps": attr.label_list()})
