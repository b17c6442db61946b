"""As it is written too often."""

WalkedInfo = provider(fields = ["walked"])

def _loop_impl(ctx):
    walked = depset()
    for i in range(1000):
        walked = depset(["%s %d" % (ctx.label.name, i)], transitive = [walked])
    return [WalkedInfo(walked = walked)]

loop = rule(implementation = _loop_impl, attrs = {"deps": attr.label_list()})
